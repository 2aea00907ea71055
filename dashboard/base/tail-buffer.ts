// The lines of the tail: the newest ten thousand, drawn once a frame however fast they come.

import { signal } from "@preact/signals";
import type { Line } from "../types.ts";

export const LINES_MAX = 10_000;

export interface TailLine {
  /** From 1, in the order in which they came. */
  readonly number: number;
  /** Null: so many lines were dropped here. */
  readonly line: Line | null;
  readonly dropped: number;
}

export class TailBuffer {
  /** Grows with each frame in which something came. */
  readonly changes = signal(0);
  #lines: TailLine[] = [];
  #numbers = 0;
  #dropped = 0;
  #frame = 0;

  /** Oldest first. */
  get lines(): readonly TailLine[] {
    return this.#lines;
  }

  /** Of the newest line; 0: none has come. */
  get last(): number {
    return this.#numbers;
  }

  get dropped(): number {
    return this.#dropped;
  }

  add(lines: readonly Line[]): void {
    for (const line of lines) this.#lines.push({ number: ++this.#numbers, line, dropped: 0 });
    this.#changed();
  }

  noteDropped(dropped: number): void {
    this.#dropped += dropped;
    this.#lines.push({ number: ++this.#numbers, line: null, dropped });
    this.#changed();
  }

  clear(): void {
    this.#lines = [];
    this.#dropped = 0;
    this.#changed();
  }

  #changed(): void {
    // trimmed in pieces, so that each line does not move all others
    if (this.#lines.length > LINES_MAX * 1.1) this.#lines = this.#lines.slice(-LINES_MAX);
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.#lines.length > LINES_MAX) this.#lines = this.#lines.slice(-LINES_MAX);
      this.changes.value++;
    });
  }
}

/** What the tail has shown of late, so that a request that one opens need not be kept anywhere. */
const recent = new Map<string, Line[]>();
const RECENT_MAX = 2_000;
const LINES_OF_REQUEST_MAX = 100;

export function remember(lines: readonly Line[]): void {
  for (const line of lines) {
    if (typeof line.id !== "string") continue;
    const known = recent.get(line.id) ?? [];
    if (known.length < LINES_OF_REQUEST_MAX) known.push(line);
    recent.delete(line.id);
    recent.set(line.id, known);
    const [oldest] = recent.keys();
    if (recent.size > RECENT_MAX && oldest !== undefined) recent.delete(oldest);
  }
}

/** The line of the request and those of its script, as far as the tail has seen them. */
export const remembered = (id: string): readonly Line[] => recent.get(id) ?? [];
