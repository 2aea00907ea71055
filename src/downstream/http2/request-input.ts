// The body of a request on HTTP/2 for whom it is: nothing of it is passed on before the exchange is
// there and wants it.

import { SluiceError } from "../../base/errors.ts";
import { BodyInput, type BodyReader } from "../../http2/body-input.ts";
import type { RequestHandler } from "../client-stream.ts";

export class RequestInput implements BodyReader {
  readonly used: (bytes: number) => void;
  readonly #body: BodyInput;
  #handler: RequestHandler | null = null;
  #hasStarted = false;
  #isPaused = false;

  /**
   * @param length  of the body as its head says; -1: it does not
   * @param used  called with bytes that were passed on
   */
  constructor(length: number, used: (bytes: number) => void) {
    this.used = used;
    this.#body = new BodyInput(length, this);
    this.#body.isPaused = true;
  }

  /** Its end has come. */
  get hasEnded(): boolean {
    return this.#body.hasEnded;
  }

  /** It is the client's turn to send a part of it. */
  get isAwaited(): boolean {
    return this.#hasStarted && !this.#isPaused && !this.#body.hasEnded && !this.#body.isOver;
  }

  attach(handler: RequestHandler): void {
    this.#handler = handler;
    this.#goOn();
  }

  start(): void {
    this.#hasStarted = true;
    this.#goOn();
  }

  pause(): void {
    this.#isPaused = true;
    this.#body.isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#goOn();
  }

  /** Nobody wants the rest. */
  stop(): void {
    this.#body.stop();
  }

  /** False: it is longer than was said. */
  take(chunk: Buffer): boolean {
    return this.#body.take(chunk);
  }

  /** False: it is shorter than was said. */
  end(trailers: string): boolean {
    return this.#body.end(trailers);
  }

  onBytes(chunk: Buffer): boolean {
    try {
      this.#handler?.onBody(chunk);
    } catch (thrown) {
      if (!(thrown instanceof SluiceError)) throw thrown;
      this.#handler?.onBodyError(thrown);
    }
    return !this.#isPaused;
  }

  onWhole(trailers: string): void {
    this.#handler?.onBodyEnd(trailers);
  }

  #goOn(): void {
    if (this.#hasStarted && !this.#isPaused && this.#handler !== null) this.#body.resume();
  }
}
