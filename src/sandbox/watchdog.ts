// One watchdog for each worker: a loop in an isolate of its own, on a thread of isolated-vm's pool. It
// reads the control words of every script isolate and disposes of one whose call ran past its budget.
// No timer for each call: the library's `timeout` option halved a proxy's throughput.

import { CONTROL } from "../wire/control.ts";
import { type ScriptIsolate, WatcherIsolate } from "./engine.ts";

/** How often the loop looks; a call is ended at most two such steps past its budget. */
const STEP_MS = 5;

/**
 * What one step counts at most. Where this loop comes late, the machine is busy or was stopped, and the
 * script has not had that time either: an honest hook is not condemned for it.
 */
const STEP_MAX_MS = 2 * STEP_MS;

/** Word of the buffer shared with the loop: the loop of a round ends when the round does. */
const ROUND = 0;

const LOOP = `(() => {
  const flag = new Int32Array(stop);
  let watched = [];
  const look = (entry, step) => {
    const busy = Atomics.load(entry.words, ${CONTROL.BUSY});
    const slice = Atomics.load(entry.words, ${CONTROL.SLICE});
    if (busy === 0 || slice !== entry.slice || busy !== entry.busy) {
      entry.slice = slice;
      entry.busy = busy;
      entry.ran = 0;
      return true;
    }
    entry.ran += step;
    if (entry.ran < entry.budget) return true;
    Atomics.store(entry.words, ${CONTROL.KILLED}, 1);
    try { entry.handle.dispose(); } catch {}
    return false;
  };
  return {
    add(handle, shared, budget) {
      watched = watched.filter((entry) => !entry.handle.isDisposed);
      const words = new Int32Array(shared);
      watched.push({ handle, words, budget, slice: -1, busy: 0, ran: 0 });
    },
    loop(round) {
      let last = Date.now();
      while (Atomics.load(flag, ${ROUND}) === round) {
        Atomics.wait(flag, ${ROUND}, round, ${STEP_MS});
        const now = Date.now();
        const step = Math.min(now - last, ${STEP_MAX_MS});
        last = now;
        watched = watched.filter((entry) => look(entry, step));
      }
    },
  };
})()`;

export class Watchdog {
  readonly #buffer = new SharedArrayBuffer(8);
  readonly #flag = new Int32Array(this.#buffer);
  readonly #watcher = new WatcherIsolate(LOOP, this.#buffer);

  /** From now on each call in this isolate is ended after `budgetMs`. */
  watch(isolate: ScriptIsolate, budgetMs: number): void {
    const round = this.#nextRound();
    this.#watcher.add(isolate, budgetMs);
    this.#watcher.loop(round);
  }

  stop(): void {
    this.#nextRound();
    this.#watcher.dispose();
  }

  /** Ends the running loop, so that the isolate takes its next task. */
  #nextRound(): number {
    const round = Atomics.add(this.#flag, ROUND, 1) + 1;
    Atomics.notify(this.#flag, ROUND);
    return round;
  }
}
