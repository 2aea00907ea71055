// When the next turn of a lane goes to its cell. A turn wakes another process, reads and writes a
// socket there and here, and on a shared core exchanges what stands in its caches: as much as some
// ten calls cost. So calls that are not alone wait for another pass of the event loop, and for one
// more as long as each brings some. A call that is alone goes at once.
//
//     pass      1        2        3
//     waiting   5  ▶     9  ▶     9  send: 9 calls in one turn, not 5 and 4

export interface GatheringOptions {
  /** How many calls and answers are ready for a turn; 0: there can be none now. */
  readonly waiting: () => number;
  /** The pass has come. Nothing may be ready any more. */
  readonly begin: () => void;
  readonly nowMs: () => number;
}

/** A frame takes no more calls (sandbox/lane-calls.ts). */
const FULL = 128;
/** Of 2, 4 and 8 none was better than another in a bench with 16, 64 and 256 connections. */
const PASSES_MAX = 4;
/** Where a pass takes long, because others have work, the first is the last. */
const GATHER_MS = 1;

export class TurnGathering {
  readonly #options: GatheringOptions;
  #isScheduled = false;
  #passes = 0;
  #waitedBefore = 0;
  #startMs = 0;

  constructor(options: GatheringOptions) {
    this.#options = options;
  }

  /** Something is ready. */
  schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#passes = 0;
    this.#waitedBefore = 1;
    setImmediate(this.#pass);
  }

  readonly #pass = (): void => {
    const waiting = this.#options.waiting();
    if (waiting > this.#waitedBefore && waiting < FULL && this.#mayWait()) {
      this.#waitedBefore = waiting;
      setImmediate(this.#pass);
      return;
    }
    this.#isScheduled = false;
    this.#options.begin();
  };

  #mayWait(): boolean {
    const nowMs = this.#options.nowMs();
    if (this.#passes++ === 0) this.#startMs = nowMs;
    return this.#passes <= PASSES_MAX && nowMs - this.#startMs < GATHER_MS;
  }
}
