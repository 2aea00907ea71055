// Watches cells from outside, because nothing inside a process bounds a hostile script. A cell is
// killed if a call in it runs for too long, if it stands still, or if it has grown too large. A
// deadline begins when the cell enters the isolate (the cell writes that down before), so a call
// is not killed for waiting behind another.

import { LIMITS } from "../../base/limits.ts";
import { FLIGHT, type Flight, monotonicMs } from "../../sandbox/cell/flight.ts";
import type { CellProcess } from "./cell-process.ts";

/** Why a cell was ended from here. */
export type Sentence = "deadline" | "stopped" | "memory";

/** How long the code of a deployment may run in one go. */
export type BudgetMs = (flight: Flight) => number;

interface Notes {
  crossing: number;
  /** What the cell had used of the processor when that crossing was first seen; null: unknown. */
  usedMs: number | null;
  /** When that was. */
  seenMs: number;
  beat: number;
  silentMs: number;
}

const LOOK_MS = 25;
/** Looks between two at its memory. */
const MEMORY_LOOKS = 8;
/** A step of our own clock that counts at most: we may have stood still ourselves. */
const STEP_MS_MAX = 100;
/** A turn takes no new call after this long. */
const TURN_MS = 5;
/** Share of the time since it was seen that the culprit must have spent on the processor. */
const USED_SHARE = 0.4;
/** Budgets after which it is ended whatever it has used. */
const BUDGETS_MAX = 8;

export class CellWatch {
  readonly #cells: Iterable<CellProcess>;
  readonly #budgetMs: BudgetMs;
  readonly #condemn: (cell: CellProcess, sentence: Sentence) => void;
  readonly #notes = new WeakMap<CellProcess, Notes>();
  readonly #timer: NodeJS.Timeout;
  #looks = 0;
  #lookedMs = monotonicMs();

  /** @param cells  those that live, whenever it looks */
  constructor(
    cells: Iterable<CellProcess>,
    budgetMs: BudgetMs,
    condemn: (cell: CellProcess, sentence: Sentence) => void,
  ) {
    this.#cells = cells;
    this.#budgetMs = budgetMs;
    this.#condemn = condemn;
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const nowMs = monotonicMs();
    const stepMs = Math.min(nowMs - this.#lookedMs, STEP_MS_MAX);
    this.#lookedMs = nowMs;
    this.#looks++;
    for (const cell of this.#cells) {
      if (cell.isGone) continue;
      const sentence = this.#judge(cell, nowMs, stepMs);
      if (sentence !== null) this.#condemn(cell, sentence);
    }
  }

  #judge(process: CellProcess, nowMs: number, stepMs: number): Sentence | null {
    if (this.#isTooLarge(process)) return "memory";
    const flight = process.flight();
    const notes = this.#notes.get(process);
    if (notes === undefined || notes.crossing !== flight.crossing) {
      const { crossing, beat } = flight;
      const usedMs = flight.state === FLIGHT.idle ? null : process.processor.usedMs();
      this.#notes.set(process, { crossing, usedMs, seenMs: nowMs, beat, silentMs: 0 });
      return null;
    }
    notes.silentMs = notes.beat === flight.beat ? notes.silentMs + stepMs : 0;
    notes.beat = flight.beat;
    if (flight.state === FLIGHT.idle) {
      // one that starts has not begun to beat
      const silentMsMax = flight.beat === 0 ? LIMITS.cellStartMs : LIMITS.cellSilentMs;
      if (notes.silentMs > silentMsMax) return "stopped";
      const isLate = notes.silentMs > LIMITS.cellStoppedMs;
      if (isLate && process.processor.isStopped()) return "stopped";
    } else if (this.#isOverdue(process, flight, notes)) {
      return process.processor.isStopped() ? "stopped" : "deadline";
    }
    return null;
  }

  #isTooLarge(process: CellProcess): boolean {
    if (this.#looks % MEMORY_LOOKS !== 0) return false;
    return (process.processor.residentBytes() ?? 0) > process.memoryBytes;
  }

  #isOverdue(process: CellProcess, flight: Flight, notes: Notes): boolean {
    const budgetMs = this.#budgetMs(flight) + TURN_MS + LIMITS.cellKillDelayMs;
    // a start that lies in the future was made up
    const startMs = Math.min(flight.startMs, notes.seenMs);
    const ranMs = monotonicMs() - (Number.isFinite(startMs) ? startMs : notes.seenMs);
    const seenMs = monotonicMs() - notes.seenMs;
    if (seenMs > BUDGETS_MAX * budgetMs) return true;
    if (ranMs < budgetMs) return false;
    const usedMs = process.processor.usedMs();
    if (usedMs === null || notes.usedMs === null) return true;
    // a start has processor time as its limit, as it has inside
    const isStart = flight.state === FLIGHT.start;
    const mostMs = isStart ? budgetMs : USED_SHARE * Math.min(seenMs, budgetMs);
    if (usedMs - notes.usedMs >= mostMs) return true;
    return process.processor.isStopped();
  }
}
