// The lines of one worker for one reader of the tail, on their way to the main thread. Bounded
// text may be under way to a slow reader; lines beyond the bound are counted and not even made.

import { LIMITS } from "../base/limits.ts";
import { LogWindow } from "./log-window.ts";
import type { TailFilter } from "./tail-filter.ts";

/** A reader, as the workers know it. Plain data and shared memory: it is posted. */
export interface TailSubscription {
  readonly id: number;
  readonly filter: TailFilter;
  /** Of a LogWindow that all workers share. */
  readonly window: SharedArrayBuffer;
}

/** What a worker posts for one reader: whole events, and how many it could not make before them. */
export interface TailNews {
  readonly id: number;
  readonly text: string;
  readonly dropped: number;
}

/** What a notice of dropped lines takes of the window. */
export const NOTICE_CHARS = 128;

export class TailBatch {
  readonly filter: TailFilter;
  readonly #id: number;
  readonly #window: LogWindow;
  #text = "";
  #lines = 0;
  #dropped = 0;

  constructor({ id, filter, window }: TailSubscription) {
    this.filter = filter;
    this.#id = id;
    this.#window = new LogWindow(window, LIMITS.tailWindowChars);
  }

  /** There is something to tell. */
  get isPending(): boolean {
    return this.#lines + this.#dropped > 0;
  }

  /** False: the line is not wanted now, and counts as dropped. */
  takeLine(): boolean {
    const hasRoom = this.#lines < LIMITS.tailBatchLines && this.#text.length < LIMITS.logBatchChars;
    if (hasRoom && this.#window.hasRoom) {
      this.#lines += 1;
      return true;
    }
    this.#dropped += 1;
    return false;
  }

  add(event: string): void {
    this.#text += event;
  }

  /** Null: nothing to tell, or nobody takes it yet; it stays pending then, as a number. */
  flush(): TailNews | null {
    if (!this.isPending) return null;
    const text = this.#text;
    this.#text = "";
    if (this.#window.take(text.length + NOTICE_CHARS)) {
      const dropped = this.#dropped;
      this.#lines = 0;
      this.#dropped = 0;
      return { id: this.#id, text, dropped };
    }
    this.#dropped += this.#lines;
    this.#lines = 0;
    return null;
  }
}
