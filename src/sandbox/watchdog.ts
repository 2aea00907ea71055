// One watchdog for each worker: a loop in an isolate of its own, on a thread of isolated-vm's
// pool. It reads the control words of every script isolate and disposes of one whose call ran
// past its budget. No timer for each call: the library's `timeout` option halved a proxy's
// throughput.
//
// The loop must be over before the thread that began it ends: once it is, the library touches what
// belongs to that thread, and would write into memory that has been freed.

import { type ScriptIsolate, WatcherIsolate } from "./engine.ts";
import { LoopsAtExit } from "./loops-at-exit.ts";
import { PROCESSOR_BYTES, WATCH, WATCH_BYTES, WATCH_LOOP } from "./watch-loop.ts";

/** What a call, and the start of a script, may take. A start is measured from its beginning. */
export interface Budgets {
  readonly hookMs: number;
  readonly startupMs: number;
}

export class Watchdog {
  readonly #words: Int32Array;
  readonly #watcher: WatcherIsolate;
  /** Resolves when the loop of the last round has ended. */
  #loop: Promise<void> = Promise.resolve();

  /**
   * @param processor  words of PROCESSOR, answered by another thread; none: the wall clock alone
   * @param watch  for `endCalls`, if another thread is to have it
   */
  constructor(
    processor: SharedArrayBuffer = new SharedArrayBuffer(PROCESSOR_BYTES),
    watch: SharedArrayBuffer = new SharedArrayBuffer(WATCH_BYTES),
  ) {
    this.#words = new Int32Array(watch);
    this.#watcher = new WatcherIsolate(WATCH_LOOP, { watch, processor });
  }

  /** From now on each call in this isolate is ended after its budget, and so is its start. */
  watch(isolate: ScriptIsolate, budgets: Budgets): void {
    isolate.rouse = this.#rouse;
    const round = this.#nextRound();
    this.#watcher.add(isolate, budgets);
    this.#loop = this.#watcher.loop(round);
    LOOPS.add(this);
  }

  /**
   * Nobody enters an isolate until `resume`: the loop ends meanwhile, which would keep a process
   * from ending.
   */
  async pause(): Promise<void> {
    this.#nextRound();
    const ended = this.#loop;
    await ended;
    if (ended === this.#loop) LOOPS.delete(this);
  }

  resume(): void {
    this.#loop = this.#watcher.loop(this.#nextRound());
    LOOPS.add(this);
  }

  /** Resolves when nothing of it runs any more. Isolates are watched no longer. */
  async stop(): Promise<void> {
    this.#nextRound();
    await this.#loop;
    LOOPS.delete(this);
    this.#watcher.dispose();
  }

  /** The same for a thread that cannot wait for a promise. */
  stopNow(withinMs: number): void {
    const last = this.#nextRound() - 1;
    const untilMs = performance.now() + withinMs;
    for (;;) {
      const ended = Atomics.load(this.#words, WATCH.ENDED);
      const leftMs = untilMs - performance.now();
      if (ended === last || leftMs <= 0) return;
      Atomics.wait(this.#words, WATCH.ENDED, ended, leftMs);
    }
  }

  /** Ends the running loop, so that the isolate takes its next task. */
  #nextRound(): number {
    const round = Atomics.add(this.#words, WATCH.ROUND, 1) + 1;
    Atomics.notify(this.#words, WATCH.ROUND);
    this.#rouse();
    return round;
  }

  readonly #rouse = (): void => {
    Atomics.add(this.#words, WATCH.ROUSED, 1);
    Atomics.notify(this.#words, WATCH.ROUSED);
  };
}

const LOOPS = new LoopsAtExit();
