// Answers of scripts as sources: whole, or with a body on its way from elsewhere, which the script
// has fetched.

import type { SluiceError } from "../base/errors.ts";
import { isBodyless } from "../http1/framing.ts";
import type { AnswerSource } from "../sandbox/answer-source.ts";
import type { Answer } from "../sandbox/call.ts";
import { type AnswerBegin, headOf, ResponseSource } from "./response-source.ts";
import type { Unread } from "./unread.ts";

/** The exchange that is being served. */
export interface AnswerOwner {
  readonly head: { readonly method: string };
  readonly unread: Unread;
  endWithError(error: SluiceError): void;
}

/** Null: its clients have yet to take too many others. */
export function answerSource(
  answer: Answer,
  of: AnswerBegin,
  owner: AnswerOwner,
): ResponseSource | null {
  const { source, body } = answer;
  if (source !== undefined) return passingSource({ ...answer, source }, of, owner);
  const left = owner.unread.hold(body.length);
  return left === null ? null : ResponseSource.of(answer, { ...of, left });
}

interface PassingAnswer extends Answer {
  readonly source: AnswerSource;
}

function passingSource(answer: PassingAnswer, of: AnswerBegin, owner: AnswerOwner): ResponseSource {
  const { source: body } = answer;
  if (isBodyless(owner.head.method, answer.status)) {
    body.close();
    return ResponseSource.of(answer, of);
  }
  const head = { ...headOf(answer), contentLength: body.contentLength };
  const begin = { ...of, head, first: null, isComplete: false };
  const source = new ResponseSource(begin, body);
  body.open({
    onData: (chunk) => source.add(chunk),
    onEnd: (trailers) => source.end(trailers),
    onError: (error) => owner.endWithError(error),
  });
  return source;
}
