// Deadlines of a worker: one coarse sweep instead of a timer for each wait. Setting a deadline is
// one property write, so a request may move its deadline at every chunk for nothing. Fires up to a
// sweep late (LIMITS.deadlineSweepMs); for anything finer use a timer of your own.

import { performance } from "node:perf_hooks";
import { LIMITS } from "./limits.ts";

const ORIGIN_MS = performance.timeOrigin;

/** For durations. The global `performance` is a getter: through it a reading costs half more. */
export const monotonicMs = (): number => performance.now();

/** Milliseconds since the epoch, with a fraction, on a clock that never goes back. */
export const epochMs = (): number => toEpochMs(monotonicMs());

/** The same moment: for whoever needs both, since a reading of the clock is some 50 ns. */
export const toEpochMs = (readMs: number): number => ORIGIN_MS + readMs;

/** The one clock that all threads and processes of a machine share, as this thread's is to it. */
const MACHINE_ORIGIN_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** Milliseconds on the clock of the machine, with a fraction: for state that threads share. */
export const machineMs = (): number => MACHINE_ORIGIN_MS + performance.now();

const PARTS = 0x10_0000;

/** The same as whole milliseconds and 2^-20 parts of one. */
export function machineTime(): { readonly ms: number; readonly parts: number } {
  const nowMs = machineMs();
  const ms = Math.floor(nowMs);
  return { ms, parts: Math.floor((nowMs - ms) * PARTS) };
}

/** Something that must end by a time: `deadlineMs` on the clock of `Deadlines.nowMs`; 0: none. */
export interface DeadlineItem {
  deadlineMs: number;
  /** Where `Deadlines` has it, which alone sets it; -1: nowhere. */
  deadlinePlace: number;
  /** Called once for each deadline that passed; `deadlineMs` is 0 by then and may be set anew. */
  onDeadline(): void;
}

/**
 * The items of one event loop that have, or may get, a deadline:
 *
 *     deadlines.add(connection);
 *     connection.deadlineMs = deadlines.nowMs + 30_000;
 */
export class Deadlines {
  /** By place. A Set that is filled and emptied for ever keeps things (wire/id-table.ts). */
  #items: (DeadlineItem | null)[] = [];
  readonly #free: number[] = [];
  readonly #readMs: () => number;
  readonly #timer: NodeJS.Timeout;
  #readLastMs: number;
  #nowMs = 1;

  /** @param readMs a monotonic clock; tests pass their own */
  constructor(readMs: () => number = () => performance.now()) {
    this.#readMs = readMs;
    this.#readLastMs = readMs();
    this.#timer = setInterval(() => this.sweep(), LIMITS.deadlineSweepMs).unref();
  }

  /**
   * Milliseconds that this event loop has been able to work, as of the last sweep; never 0. Time in
   * which the loop was blocked is left out: what a client sent meanwhile still waits in its socket,
   * and it must not be cut off for our own pause.
   */
  get nowMs(): number {
    return this.#nowMs;
  }

  get size(): number {
    return this.#items.length - this.#free.length;
  }

  add(item: DeadlineItem): void {
    if (item.deadlinePlace >= 0) return;
    item.deadlinePlace = this.#free.pop() ?? this.#items.length;
    this.#items[item.deadlinePlace] = item;
  }

  remove(item: DeadlineItem): void {
    const place = item.deadlinePlace;
    if (this.#items[place] !== item) return;
    item.deadlinePlace = -1;
    this.#items[place] = null;
    this.#free.push(place);
  }

  /** Moves the clock and calls every item whose deadline has passed. The timer does this. */
  sweep(): void {
    const readMs = this.#readMs();
    this.#nowMs += Math.min(readMs - this.#readLastMs, LIMITS.deadlineStepMs);
    this.#readLastMs = readMs;
    for (const item of this.#items) {
      if (item === null || item.deadlineMs === 0 || item.deadlineMs > this.#nowMs) continue;
      item.deadlineMs = 0;
      item.onDeadline();
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#items = [];
    this.#free.length = 0;
  }
}

/**
 * A deadline that never fires early: the clock of `Deadlines` stands still between two sweeps, so
 * what it shows may be a whole sweep old.
 */
export const deadlineAfter = (deadlines: Deadlines, ms: number): number =>
  deadlines.nowMs + LIMITS.deadlineSweepMs + ms;
