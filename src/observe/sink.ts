// Standard output as the end of all log lines. If its reader stops, log lines are lost, but no
// request waits: what does not fit in the buffer is dropped and counted.

import type { Writable } from "node:stream";
import { LIMITS } from "../base/limits.ts";

/**
 * Takes whole lines. On Linux and macOS Node writes to a pipe without waiting and keeps the rest in
 * the stream, whose length is the bound here; a file or terminal is written to at once.
 */
export class Sink {
  readonly #stream: Writable;
  readonly #onDrop: (lines: number) => void;
  #isOpen = true;

  constructor(stream: Writable, onDrop: (lines: number) => void) {
    this.#stream = stream;
    this.#onDrop = onDrop;
    // The reader is gone (EPIPE): the proxy goes on, its lines do not.
    stream.on("error", this.#stop);
    stream.on("close", this.#stop);
  }

  write(text: string): void {
    const isFull = this.#stream.writableLength + text.length > LIMITS.logSinkChars;
    if (isFull || !this.#isOpen) {
      this.#onDrop(countLines(text));
      return;
    }
    this.#stream.write(text);
  }

  /** Resolves when the last line is out, or cannot get out in time. Lines after it are dropped. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, LIMITS.logCloseMs);
    this.#stream.write("", () => resolve());
    await promise;
    clearTimeout(timer);
  }

  readonly #stop = (): void => {
    this.#isOpen = false;
  };
}

export const countLines = (text: string): number => {
  let lines = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lines += 1;
  return lines;
};
