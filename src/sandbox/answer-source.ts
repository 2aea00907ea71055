// The body of an answer that no isolate holds: a script has returned a response that it fetched.

import type { SluiceError } from "../base/errors.ts";

/** The body of an answer that the host has, and no isolate: it is the exchange's from then on. */
export interface AnswerSource {
  /** Bytes; -1: unknown. */
  readonly contentLength: number;
  /** From here on it is told what comes. */
  open(receiver: SourceReceiver): void;
  pause(): void;
  resume(): void;
  /** Nobody takes it any more. */
  close(): void;
}

export interface SourceReceiver {
  /** False: no more until `resume`. */
  onData(chunk: Buffer): boolean;
  onEnd(trailers: string): void;
  onError(error: SluiceError): void;
}
