// Where a body ends: the decoders that turn the bytes of a connection into the bytes of one body.
// Bytes are pushed in as they come; a view of them, never a copy, comes out through a sink. What
// was pushed in may be moved within its buffer, up to where the body ends.
//
//   POST / HTTP/1.1 … CRLF CRLF | 5 CRLF hello CRLF 0 CRLF CRLF | GET / HTTP/1.1 …
//                               from^                             ^what `feed` returns

import { type ErrorCode, SluiceError } from "../base/errors.ts";

/** Who receives a body. Calls come from within `feed`, also after the sink has given up. */
export interface BodySink {
  onBody(chunk: Buffer): void;
  /** Once, behind the last chunk. `trailers` are valid lines that may be passed on, or empty. */
  onBodyEnd(trailers: string): void;
}

export interface BodyDecoder {
  /** Whether the end was reached: what follows in the buffer belongs to the next message. */
  readonly isDone: boolean;
  /**
   * Takes `bytes` from offset `from`; returns the offset behind the last byte of this body. The
   * sink gets at most one chunk.
   */
  feed(bytes: Buffer, from: number, sink: BodySink): number;
  /** The sender closed its half: the end of a body without length, else the body is truncated. */
  close(sink: BodySink): void;
}

/** A body with Content-Length. One of no bytes is done at once and tells its sink nothing. */
export class SizedBody implements BodyDecoder {
  #left: number;
  readonly #truncated: ErrorCode;

  constructor(length: number, truncated: ErrorCode) {
    this.#left = length;
    this.#truncated = truncated;
  }

  get isDone(): boolean {
    return this.#left === 0;
  }

  feed(bytes: Buffer, from: number, sink: BodySink): number {
    if (this.#left === 0 || from === bytes.length) return from;
    const end = Math.min(bytes.length, from + this.#left);
    this.#left -= end - from;
    sink.onBody(from === 0 && end === bytes.length ? bytes : bytes.subarray(from, end));
    if (this.#left === 0) sink.onBodyEnd("");
    return end;
  }

  close(): void {
    if (this.#left === 0) return;
    throw new SluiceError(this.#truncated, `Cannot finish body: ${this.#left} bytes are missing`);
  }
}

/** A response body that ends with its connection. */
export class UnsizedBody implements BodyDecoder {
  isDone = false;

  feed(bytes: Buffer, from: number, sink: BodySink): number {
    if (from < bytes.length) sink.onBody(from === 0 ? bytes : bytes.subarray(from));
    return bytes.length;
  }

  close(sink: BodySink): void {
    if (this.isDone) return;
    this.isDone = true;
    sink.onBodyEnd("");
  }
}
