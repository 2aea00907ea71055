// The body of a request that undici sends: what the exchange writes, as the stream that undici
// reads, held to the length that was announced. Backpressure is the stream's own.

import { Readable } from "node:stream";

/** Bytes held before `push` asks to wait: what a socket holds, so both transports buffer alike. */
const HELD_BYTES_MAX = 65_536;

export class UndiciBody extends Readable {
  /** Body bytes still owed; -1: unknown. */
  #owed: number;
  readonly #onDrain: () => void;
  #isWaited = false;

  constructor(contentLength: number, onDrain: () => void) {
    super({ highWaterMark: HELD_BYTES_MAX });
    this.#owed = contentLength;
    this.#onDrain = onDrain;
  }

  /** Whether the writer was told to wait. */
  get isBlocked(): boolean {
    return this.#isWaited;
  }

  /** False: the chunk exceeds what was announced, and was not taken. */
  put(chunk: Buffer): boolean {
    if (this.#owed !== -1) {
      if (chunk.length > this.#owed) return false;
      this.#owed -= chunk.length;
    }
    if (chunk.length > 0 && !this.push(chunk)) this.#isWaited = true;
    return true;
  }

  /** False: the body is shorter than announced. */
  finish(trailers: string): boolean {
    if (this.#owed > 0) return false;
    // Of a body that has ended when it is begun undici knows the length, and sends it in no chunks,
    // behind which trailers could stand.
    if (trailers === "") this.push(null);
    else setImmediate(() => this.destroyed || this.push(null));
    return true;
  }

  override _read(): void {
    if (!this.#isWaited) return;
    this.#isWaited = false;
    this.#onDrain();
  }
}
