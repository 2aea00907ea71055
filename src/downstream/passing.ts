// An answer of a script whose body is a response that the script has fetched, and still on its
// way.

import type { SluiceError } from "../base/errors.ts";
import { isBodyless } from "../http1/framing.ts";
import type { AnswerSource } from "../sandbox/answer-source.ts";
import type { Answer } from "../sandbox/call.ts";
import { headOf, ResponseSource } from "./response-source.ts";
import { NOTHING } from "./unread.ts";

/** The exchange that is being served. */
export interface PassingOwner {
  readonly head: { readonly method: string };
  endWithError(error: SluiceError): void;
}

export function passingSource(
  answer: Answer,
  body: AnswerSource,
  owner: PassingOwner,
): ResponseSource {
  if (isBodyless(owner.head.method, answer.status)) {
    body.close();
    return ResponseSource.of(answer, NOTHING);
  }
  const head = { ...headOf(answer), contentLength: body.contentLength };
  const begin = { head, first: null, isComplete: false, isScripts: true };
  const source = new ResponseSource(begin, body);
  body.open({
    onData: (chunk) => source.add(chunk),
    onEnd: (trailers) => source.end(trailers),
    onError: (error) => owner.endWithError(error),
  });
  return source;
}
