// The loop of the watchdog, and the words that it shares with other threads. It looks at the
// control words of every isolate that it was given, and disposes of an isolate whose call ran too
// long.

import { CONTROL, KILLED } from "../wire/control.ts";
import { START_BUDGETS } from "./start.ts";

/** How often the loop looks; a call is ended at most two such steps past its budget. */
const STEP_MS = 5;

/**
 * Looks that found nobody running, after which the loop sleeps until somebody enters an isolate:
 * 200 looks a second are 1 % of a processor, in each process.
 */
const IDLE_LOOKS = 20;
/** Then it looks all the same: a process that exits waits for the loop while that sleeps. */
const SLEEP_MS = 250;

/**
 * What this thread has used of the processor, asked of another thread, because this one is inside
 * the call in question: the loop raises ASKED, the other writes USED_US, then ANSWERED.
 */
export const PROCESSOR = {
  ASKED: 0,
  ANSWERED: 1,
  USED_US: 2,
  /** The system's id of this thread; 0: nobody answers. */
  THREAD: 3,
} as const;

export const PROCESSOR_BYTES = 16;

/**
 * What one step counts at most. Where this loop comes late, the machine is busy or was stopped,
 * and the script has not had that time either: an honest hook is not condemned for it.
 */
const STEP_MAX_MS = 2 * STEP_MS;

/** Words of the buffer shared with the loop, and with whoever ends the thread. */
export const WATCH = {
  /** The loop of a round ends when the round does. */
  ROUND: 0,
  /** Raised to wake it. */
  ROUSED: 1,
  /** 1: every call is ended as soon as it is seen; nobody waits for its result. */
  ENDING: 2,
  /** Number of the round whose loop has ended. */
  ENDED: 3,
} as const;

export const WATCH_BYTES = 16;

/** From another thread: what a watched thread runs is ended at once, and what it begins too. */
export function endCalls(watch: SharedArrayBuffer): void {
  const words = new Int32Array(watch);
  Atomics.store(words, WATCH.ENDING, 1);
  Atomics.add(words, WATCH.ROUSED, 1);
  Atomics.notify(words, WATCH.ROUSED);
}

/**
 * Share of its budget that a call must have spent on the processor in the second half of it. On a
 * busy machine a thread may not run for 50 ms and more, and an honest hook is not condemned for
 * that.
 */
const USED_SHARE = 0.4;

/** What ends a traced call comes before the watchdog. */
const TRACED_BUDGETS = 3;

/** Budgets after which the call is ended though nobody says what it has used. */
const UNANSWERED_BUDGETS = 4;

/** Text of a function's body, for an isolate of its own: `watch` and `processor` are its words. */
export const WATCH_LOOP = `(() => {
  const flag = new Int32Array(watch);
  const clock = new Int32Array(processor);
  const hasClock = () => Atomics.load(clock, ${PROCESSOR.THREAD}) !== 0;
  const ask = () => {
    const number = Atomics.add(clock, ${PROCESSOR.ASKED}, 1) + 1;
    Atomics.notify(clock, ${PROCESSOR.ASKED});
    return number;
  };
  const isAnswered = (number) => number > 0 && Atomics.load(clock, ${PROCESSOR.ANSWERED}) >= number;
  const used = () => Atomics.load(clock, ${PROCESSOR.USED_US}) / 1000;

  let watched = [];
  let idleLooks = 0;
  const begin = (entry) => {
    const isStart = Atomics.load(entry.words, ${CONTROL.STARTING}) !== 0;
    const traced = Atomics.load(entry.words, ${CONTROL.TRACED}) !== 0 ? ${TRACED_BUDGETS} : 1;
    entry.budget = isStart ? entry.startupMs : traced * entry.hookMs;
    entry.from = isStart ? 0 : entry.budget / 2;
    entry.share = isStart ? 1 : ${USED_SHARE};
    entry.most = isStart ? ${START_BUDGETS} : ${UNANSWERED_BUDGETS};
    entry.ran = 0;
    entry.first = 0;
    entry.second = 0;
    entry.base = -1;
  };
  const isOverrun = (entry) => {
    if (!hasClock()) return entry.ran >= entry.budget;
    if (entry.ran >= entry.most * entry.budget) return true;
    if (entry.first === 0 && entry.ran >= entry.from) entry.first = ask();
    if (entry.base < 0 && isAnswered(entry.first)) entry.base = used();
    if (entry.ran < entry.budget || entry.base < 0) return false;
    if (entry.second === 0) entry.second = ask();
    if (!isAnswered(entry.second)) return false;
    if (used() - entry.base >= entry.share * entry.budget) return true;
    entry.second = 0;
    return false;
  };
  const isBusy = (entry) => Atomics.load(entry.words, ${CONTROL.BUSY}) !== 0;
  const setUnwatched = (value) => {
    for (const { words } of watched) Atomics.store(words, ${CONTROL.UNWATCHED}, value);
  };
  const sleep = (round, roused) => {
    setUnwatched(1);
    const mayMiss = watched.some(isBusy) || Atomics.load(flag, ${WATCH.ROUND}) !== round;
    const isRoused =
      mayMiss || Atomics.wait(flag, ${WATCH.ROUSED}, roused, ${SLEEP_MS}) !== "timed-out";
    setUnwatched(0);
    return isRoused;
  };
  const end = (entry, reason) => {
    Atomics.store(entry.words, ${CONTROL.KILLED}, reason);
    try { entry.handle.dispose(); } catch {}
  };
  const look = (entry, step) => {
    const busy = Atomics.load(entry.words, ${CONTROL.BUSY});
    const slice = Atomics.load(entry.words, ${CONTROL.SLICE});
    if (busy !== 0) idleLooks = 0;
    if (busy !== 0 && Atomics.load(flag, ${WATCH.ENDING}) !== 0) {
      end(entry, ${KILLED.ENDING});
      return false;
    }
    if (busy === 0 || slice !== entry.slice || busy !== entry.busy) {
      entry.slice = slice;
      entry.busy = busy;
      begin(entry);
      return true;
    }
    entry.ran += step;
    if (!isOverrun(entry)) return true;
    end(entry, ${KILLED.OVERRUN});
    return false;
  };
  return {
    add(handle, shared, hookMs, startupMs) {
      watched = watched.filter((entry) => !entry.handle.isDisposed);
      const words = new Int32Array(shared);
      const entry = { handle, words, hookMs, startupMs, slice: -1, busy: 0 };
      begin(entry);
      watched.push(entry);
    },
    loop(round) {
      let last = Date.now();
      idleLooks = 0;
      while (Atomics.load(flag, ${WATCH.ROUND}) === round) {
        const roused = Atomics.load(flag, ${WATCH.ROUSED});
        if (++idleLooks > ${IDLE_LOOKS}) {
          idleLooks = sleep(round, roused) ? 0 : ${IDLE_LOOKS};
          last = Date.now();
        }
        Atomics.wait(flag, ${WATCH.ROUND}, round, ${STEP_MS});
        const now = Date.now();
        const step = Math.min(now - last, ${STEP_MAX_MS});
        last = now;
        watched = watched.filter((entry) => look(entry, step));
      }
      Atomics.store(flag, ${WATCH.ENDED}, round);
      Atomics.notify(flag, ${WATCH.ENDED});
    },
  };
})()`;
