// The body of a fetch's response that a script has returned. It goes from the origin to the
// client, and no isolate is involved any more. It passes as it came, or decoded, as the headers of
// the answer say.

import type { Readable } from "node:stream";
import { SluiceError } from "../base/errors.ts";
import type { AnswerSource, SourceReceiver } from "../sandbox/answer-source.ts";

export interface HandedBegin {
  readonly body: Readable;
  /** Bytes; -1: unknown. */
  readonly contentLength: number;
  /** It is over, or nobody takes it any more. Idempotent. */
  readonly done: () => void;
}

export class HandedBody implements AnswerSource {
  readonly contentLength: number;
  readonly #body: Readable;
  readonly #done: () => void;

  constructor({ body, contentLength, done }: HandedBegin) {
    this.contentLength = contentLength;
    this.#body = body;
    this.#done = done;
  }

  open(receiver: SourceReceiver): void {
    const body = this.#body;
    body.on("data", (chunk: Buffer) => {
      if (!receiver.onData(chunk)) body.pause();
    });
    body.on("end", () => {
      this.#done();
      receiver.onEnd("");
    });
    body.on("error", (error: Error) => {
      this.#done();
      receiver.onError(new SluiceError("upstream_aborted", error.message));
    });
  }

  pause(): void {
    this.#body.pause();
  }

  resume(): void {
    this.#body.resume();
  }

  close(): void {
    this.#done();
  }
}
