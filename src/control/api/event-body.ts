// A stream of server-sent events as the body of an answer: what is written waits until the client's
// connection asks for it, and only then counts as taken.

import type { OpenTail, TailReader } from "../tail-source.ts";

interface Waiting {
  readonly events: string;
  readonly taken: () => void;
}

export class EventBody implements TailReader {
  readonly mayRead: () => Promise<boolean>;
  readonly stream: ReadableStream<Uint8Array>;
  /** Closed when the client is gone. */
  tail: OpenTail | null = null;
  readonly #queue: Waiting[] = [];
  readonly #encoder = new TextEncoder();
  /** Told that somebody reads: an answer to HEAD, or to a client that left, is never read. */
  readonly #onFirstRead: () => void;
  #wake: () => void = () => {};
  #isEnded = false;

  constructor(onFirstRead: () => void, mayRead: () => Promise<boolean>) {
    this.#onFirstRead = onFirstRead;
    this.mayRead = mayRead;
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>) =>
      this.#pull(controller);
    // nothing is asked for ahead of the reader
    this.stream = new ReadableStream({ pull, cancel: () => this.abandon() }, { highWaterMark: 0 });
  }

  write(events: string, taken: () => void): void {
    this.#queue.push({ events, taken });
    this.#wake();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  /** Nobody reads, nor will. */
  abandon(): void {
    this.end();
    this.tail?.close();
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    this.#onFirstRead();
    while (this.#queue.length === 0 && !this.#isEnded) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const next = this.#queue.shift();
    if (next === undefined) return controller.close();
    controller.enqueue(this.#encoder.encode(next.events));
    next.taken();
  }
}
