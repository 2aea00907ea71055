// The request's body on its way to a script that reads it piece by piece. While the
// script takes nothing, the client is not read: no more waits here than what one read has brought.

import { ByteQueue } from "../base/byte-queue.ts";
import { LIMITS } from "../base/limits.ts";
import type { GiveAnswer, HostAsk, HostCall } from "../sandbox/host-call.ts";

/** The body that is read. */
export interface ReadBody {
  /** More is wanted. */
  resumeReading(reading: BodyReading): void;
  /** The script reads no more. */
  readingClosed(reading: BodyReading): void;
}

export class BodyReading implements HostCall {
  /** Who waits for its next piece waits for the client. */
  readonly waitsForClient = true;
  readonly #body: ReadBody;
  readonly #pieces = new ByteQueue();
  #waiting: GiveAnswer | null = null;
  #isWhole = false;
  /** Why there is no more of it; null: there is, or it is whole. */
  #failure: string | null = null;

  constructor(body: ReadBody) {
    this.#body = body;
  }

  next({ text }: HostAsk, answer: GiveAnswer): HostCall | null {
    if (text !== "chunk" || this.#waiting !== null) return null;
    this.#waiting = answer;
    this.#give();
    if (this.#waiting !== null) this.#body.resumeReading(this);
    return { close: () => undefined, waitsForClient: true };
  }

  close(): void {
    this.#waiting = null;
    this.#pieces.clear();
    this.#body.readingClosed(this);
  }

  // What the body tells.

  /** False: no more until it is resumed. */
  add(chunk: Buffer): boolean {
    this.#pieces.push(chunk);
    this.#give();
    return this.#pieces.bytes < LIMITS.filterQueueBytes;
  }

  end(): void {
    this.#isWhole = true;
    this.#give();
  }

  fail(message: string): void {
    this.#failure ??= `TypeError\n${message}`;
    this.#give();
  }

  #give(): void {
    const answer = this.#waiting;
    if (answer === null) return;
    const bytes = this.#failure === null ? this.#pieces.shift() : null;
    if (bytes === null && this.#failure === null && !this.#isWhole) return;
    this.#waiting = null;
    answer({ ok: this.#failure === null, text: this.#failure ?? "", bytes });
  }
}
