// The lines of the tail: the newest ten thousand. Each is drawn with the next frame, but for lines
// that come faster than a person reads: those are drawn ten times a second.

import { signal } from "@preact/signals";
import type { Line } from "../types.ts";

export const LINES_MAX = 10_000;
/** Between two times that lines are drawn: each frame would have a whole page of new ones. */
const DRAW_MS = 100;

export interface TailLine {
  /** From 1, in the order in which they came. */
  readonly number: number;
  /** Null: so many lines were dropped here. */
  readonly line: Line | null;
  readonly dropped: number;
}

/** Lines one behind the other, as they are looked at. */
export interface TailView {
  /** How many there are. */
  readonly count: number;
  /** Number of the oldest one; 0: there is none. Those behind it have the numbers that follow. */
  readonly first: number;
  /** Of the newest line that has come; 0: none has. */
  readonly last: number;
  /** By their places, the oldest at 0. */
  slice(from: number, to: number): readonly TailLine[];
}

export class TailBuffer implements TailView {
  /** Grows each time that lines are to be drawn. */
  readonly changes = signal(0);
  #lines: TailLine[] = [];
  /** Those in front of it have been pushed out. */
  #start = 0;
  #numbers = 0;
  #dropped = 0;
  #isDue = false;
  #drawnMs = 0;

  get count(): number {
    return this.#lines.length - this.#start;
  }

  get first(): number {
    return this.#lines[this.#start]?.number ?? 0;
  }

  get last(): number {
    return this.#numbers;
  }

  get dropped(): number {
    return this.#dropped;
  }

  slice(from: number, to: number): readonly TailLine[] {
    return this.#lines.slice(this.#start + from, this.#start + to);
  }

  /** As it is now, whatever comes: what somebody reads is not pushed out. */
  still(): TailView {
    const { count, first, last } = this;
    const lines = this.slice(0, count);
    return { count, first, last, slice: (from, to) => lines.slice(from, to) };
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
    this.#start = 0;
    this.#dropped = 0;
    this.#changed();
  }

  #changed(): void {
    this.#start = Math.max(this.#start, this.#lines.length - LINES_MAX);
    // let go in pieces, so that each line does not move all others
    if (this.#start > LINES_MAX / 10) {
      this.#lines = this.#lines.slice(this.#start);
      this.#start = 0;
    }
    if (this.#isDue) return;
    this.#isDue = true;
    const soonMs = this.#drawnMs + DRAW_MS - performance.now();
    if (soonMs <= 0) requestAnimationFrame(this.#draw);
    else setTimeout(() => requestAnimationFrame(this.#draw), soonMs);
  }

  readonly #draw = (): void => {
    this.#isDue = false;
    this.#drawnMs = performance.now();
    this.changes.value++;
  };
}

/** What the tail has shown of late, so that a request that one opens need not be kept anywhere. */
const recent = new Map<string, Line[]>();
let recentLines = 0;
/** Of all requests together: as many as are drawn, and those that were a moment ago. */
const RECENT_LINES_MAX = 2 * LINES_MAX;
const LINES_OF_REQUEST_MAX = 100;

export function remember(lines: readonly Line[]): void {
  for (const line of lines) {
    if (typeof line.id !== "string") continue;
    const known = recent.get(line.id) ?? [];
    // its own line comes last
    if (known.length < LINES_OF_REQUEST_MAX || line.source !== "script") {
      known.push(line);
      recentLines++;
    }
    recent.delete(line.id);
    recent.set(line.id, known);
    if (recentLines > RECENT_LINES_MAX) forgetOldest();
  }
}

function forgetOldest(): void {
  const [[id, lines] = ["", []]] = recent;
  recent.delete(id);
  recentLines -= lines.length;
}

/** The line of the request and those of its script, as far as the tail has seen them. */
export const remembered = (id: string): readonly Line[] => recent.get(id) ?? [];

/** A line of the request with this id, or with this trace. */
export function rememberedBy(text: string): Line | null {
  const [own = null] = remembered(text);
  if (own !== null) return own;
  const isOfTrace = (line: Line): boolean => line.traceId === text;
  return [...recent.values()].flatMap((lines) => lines.find(isOfTrace) ?? []).at(-1) ?? null;
}
