// The body of a stream as it comes: what nobody wants yet waits here, as much as the window of the
// stream lets in; what is passed on makes room for more. A length that was said must be kept.

import { ByteQueue } from "../base/byte-queue.ts";

export interface BodyReader {
  /** So much of what came was passed on, or thrown away. */
  used(bytes: number): void;
  /** False: no more until it is resumed. */
  onBytes(chunk: Buffer): boolean;
  /** All of it was passed on. */
  onWhole(trailers: string): void;
}

export class BodyInput {
  /** Its end has come, though not all of it may have been passed on. */
  hasEnded = false;
  isPaused = false;
  /** The reader has all of it, or wants no more. */
  isOver = false;
  readonly #reader: BodyReader;
  readonly #isSized: boolean;
  #bytesLeft: number;
  #held: ByteQueue | null = null;
  #trailers = "";
  #isPassing = false;

  /** @param length  of the body as its head says; below 0: it does not */
  constructor(length: number, reader: BodyReader) {
    this.#isSized = length >= 0;
    this.#bytesLeft = length;
    this.#reader = reader;
  }

  resume(): void {
    this.isPaused = false;
    this.#pass();
  }

  /** Nobody wants the rest. */
  stop(): void {
    this.isOver = true;
    this.#held = null;
  }

  /** False: it is longer than was said. */
  take(chunk: Buffer): boolean {
    this.#bytesLeft -= chunk.length;
    if (this.#isSized && this.#bytesLeft < 0) return false;
    if (this.isOver) {
      this.#reader.used(chunk.length);
      return true;
    }
    this.#held ??= new ByteQueue();
    this.#held.push(chunk);
    this.#pass();
    return true;
  }

  /** False: it is shorter than was said. */
  end(trailers: string): boolean {
    if (this.#isSized && this.#bytesLeft > 0) return false;
    this.hasEnded = true;
    this.#trailers = trailers;
    this.#pass();
    return true;
  }

  /** What is there goes to the reader, as far as it wants it. */
  #pass(): void {
    if (this.#isPassing) return;
    this.#isPassing = true;
    while (this.#mayPass()) this.#passOne();
    this.#isPassing = false;
  }

  #mayPass(): boolean {
    if (this.isPaused || this.isOver) return false;
    return this.hasEnded || (this.#held?.bytes ?? 0) > 0;
  }

  #passOne(): void {
    const chunk = this.#held?.shift() ?? null;
    if (chunk === null) {
      this.isOver = true;
      this.#reader.onWhole(this.#trailers);
      return;
    }
    this.#reader.used(chunk.length);
    if (!this.#reader.onBytes(chunk)) this.isPaused = true;
  }
}
