// The body of a request on HTTP/2 as it comes: what nobody wants yet waits here, as much as the
// stream's window lets in; what is passed on makes room for more. A length that was said must be
// kept.

import { ByteQueue } from "../../base/byte-queue.ts";
import { SluiceError } from "../../base/errors.ts";
import type { RequestHandler } from "../client-stream.ts";

export class RequestInput {
  /** Its end has come. */
  hasEnded = false;
  handler: RequestHandler | null = null;
  readonly #lengthLeft: { bytes: number } | null;
  readonly #used: (bytes: number) => void;
  #held: ByteQueue | null = null;
  #trailers = "";
  #hasStarted = false;
  #isPaused = false;
  #isPassing = false;
  /** The handler has all of it, or wants no more. */
  #isOver = false;

  /**
   * @param length  of the body as its head says; -1: it does not
   * @param used  called with bytes that were passed on
   */
  constructor(length: number, used: (bytes: number) => void) {
    this.#lengthLeft = length < 0 ? null : { bytes: length };
    this.#used = used;
  }

  /** It is the client's turn to send a part of it. */
  get isAwaited(): boolean {
    return this.#hasStarted && !this.#isPaused && !this.hasEnded && !this.#isOver;
  }

  start(): void {
    this.#hasStarted = true;
    this.pass();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.pass();
  }

  /** Nobody wants the rest. */
  stop(): void {
    this.#isOver = true;
    this.#held = null;
  }

  /** False: it is longer than was said. */
  take(chunk: Buffer): boolean {
    if (this.#lengthLeft !== null) {
      this.#lengthLeft.bytes -= chunk.length;
      if (this.#lengthLeft.bytes < 0) return false;
    }
    if (this.#isOver) {
      this.#used(chunk.length);
      return true;
    }
    this.#held ??= new ByteQueue();
    this.#held.push(chunk);
    this.pass();
    return true;
  }

  /** False: it is shorter than was said. */
  end(trailers: string): boolean {
    if (this.#lengthLeft !== null && this.#lengthLeft.bytes > 0) return false;
    this.hasEnded = true;
    this.#trailers = trailers;
    this.pass();
    return true;
  }

  /** What is there goes to the handler, as far as it wants it. */
  pass(): void {
    if (this.#isPassing) return;
    this.#isPassing = true;
    while (this.#mayPass()) this.#passOne();
    this.#isPassing = false;
  }

  #mayPass(): boolean {
    if (!this.#hasStarted || this.#isPaused || this.#isOver || this.handler === null) return false;
    return this.hasEnded || (this.#held?.bytes ?? 0) > 0;
  }

  #passOne(): void {
    const chunk = this.#held?.shift() ?? null;
    if (chunk === null) {
      this.#isOver = true;
      this.handler?.onBodyEnd(this.#trailers);
      return;
    }
    this.#used(chunk.length);
    try {
      this.handler?.onBody(chunk);
    } catch (thrown) {
      if (!(thrown instanceof SluiceError)) throw thrown;
      this.handler?.onBodyError(thrown);
    }
  }
}
