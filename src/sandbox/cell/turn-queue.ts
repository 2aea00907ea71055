// Runs the turns of a cell. If a tenant is alone in the cell, its turns run at once, as they are
// read. If tenants share it, the turns are read first and then run in fair order, a piece at a
// time, so that turns that come meanwhile are considered too.

import { FairQueue } from "./fair-queue.ts";

/** One turn of a lane. */
export interface Work {
  readonly tenant: string;
  /** Index of the worker, and its lane. */
  readonly worker: number;
  readonly lane: number;
  /**
   * A crossing of it, or as many as it takes to tell what they have counted. True: there is more,
   * which may wait.
   * @param pausedMs  how long it has waited since the last one
   */
  step(pausedMs: number): boolean;
}

/** A turn that was begun, and since when it waits to go on. */
interface Waiting {
  readonly work: Work;
  /** 0: it has not begun. */
  readonly parkedMs: number;
}

/** Sockets have their say after this long: short turns of many tenants go in one pass. */
const PASS_MS = 1;
/** Crossings of one turn go on together for so long. */
const PIECE_MS = 5;

export interface TurnQueueOptions {
  /** More than one tenant is here. */
  readonly isShared: () => boolean;
  /** A piece of work is done, and nothing of a script's runs. */
  readonly rested: () => void;
  /** Time that this thread has had the processor: on a busy machine, less than has passed. */
  readonly processorMs: () => number;
}

export class TurnQueue {
  readonly #options: TurnQueueOptions;
  readonly #fair = new FairQueue<Waiting>();
  #isScheduled = false;
  #rest: NodeJS.Timeout | undefined;

  constructor(options: TurnQueueOptions) {
    this.#options = options;
  }

  take(work: Work): void {
    if (this.#fair.isEmpty && !this.#options.isShared()) {
      this.#steps(work, { pausedMs: 0, untilMs: Number.POSITIVE_INFINITY });
      return;
    }
    this.#fair.add(work.tenant, { work, parkedMs: 0 }, performance.now());
    this.#schedule();
  }

  /** Its isolate is of no more use, nor is what waits for it. */
  drop(worker: number, lane?: number): void {
    this.#fair.drop(({ work }) => {
      return work.worker === worker && (lane === undefined || work.lane === lane);
    });
  }

  /** The tenant is gone. */
  forget(tenant: string): void {
    this.#fair.forget(tenant);
  }

  #schedule(): void {
    if (this.#isScheduled || this.#fair.isEmpty) return;
    this.#isScheduled = true;
    setImmediate(this.#run);
  }

  readonly #run = (): void => {
    this.#isScheduled = false;
    const untilMs = performance.now() + PASS_MS;
    let nowMs = untilMs - PASS_MS;
    do {
      const next = this.#fair.next(nowMs);
      if (next === null) {
        this.#wait(nowMs);
        return;
      }
      this.#piece(next);
      nowMs = performance.now();
    } while (nowMs < untilMs);
    this.#schedule();
  };

  /** All that wait have to pause, or nobody waits. */
  #wait(nowMs: number): void {
    clearTimeout(this.#rest);
    if (this.#fair.isEmpty) return;
    this.#rest = setTimeout(this.#run, Math.max(1, this.#fair.readyMs() - nowMs));
  }

  #piece({ work, parkedMs }: Waiting): void {
    const { processorMs } = this.#options;
    const usedMs = processorMs();
    const startMs = performance.now();
    const pausedMs = parkedMs === 0 ? 0 : startMs - parkedMs;
    const hasMore = this.#steps(work, { pausedMs, untilMs: startMs + PIECE_MS });
    const nowMs = performance.now();
    this.#fair.charge(work.tenant, processorMs() - usedMs, nowMs);
    if (hasMore) this.#fair.add(work.tenant, { work, parkedMs: nowMs }, nowMs);
  }

  /** True: it has more. */
  #steps(work: Work, { pausedMs, untilMs }: Piece): boolean {
    try {
      let hasMore = work.step(pausedMs);
      while (hasMore && performance.now() < untilMs) hasMore = work.step(0);
      return hasMore;
    } finally {
      this.#options.rested();
    }
  }
}

interface Piece {
  readonly pausedMs: number;
  readonly untilMs: number;
}
