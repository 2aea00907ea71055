// A lock in memory that threads share. Its word is the number of the thread that has it, as the
// system has it, so whoever waits can tell that the owner is gone: a thread that is terminated, or
// that has no memory left, ends in the middle of its work. The next one frees the lock, and repairs
// what was left half done.
//
// V8 ends a thread where a loop begins again or a function is entered. So what must happen as a
// whole is written in one line after the other; what has loops in it is what `repair` makes anew.
//
// Never in an isolate: the watchdog ends what runs there, and its thread lives on.

import { existsSync, readlinkSync } from "node:fs";
import { threadId } from "node:worker_threads";

/** A wait is as long as another thread's work, microseconds; this is for one that was not woken. */
const WAIT_MS = 1;
/** Before one looks whether the owner lives: a look is a system call. */
const LOOK_AFTER_WAITS = 20;

/** Of this thread, among all of the process. Where the system does not tell, none is ever gone. */
const OWN = ownNumber();

export class SharedLock {
  readonly #words: Int32Array;
  readonly #at: number;
  readonly #repair: () => void;

  /** @param repair  with the lock held: another thread has ended while it held it */
  constructor(words: Int32Array, at: number, repair: () => void) {
    this.#words = words;
    this.#at = at;
    this.#repair = repair;
  }

  /** One thread at a time. It must not be called within its own work. */
  locked<T>(work: () => T): T {
    this.#take();
    try {
      return work();
    } finally {
      Atomics.store(this.#words, this.#at, 0);
      Atomics.notify(this.#words, this.#at, 1);
    }
  }

  #take(): void {
    const words = this.#words;
    const at = this.#at;
    for (let waits = 1; ; waits++) {
      const owner = Atomics.compareExchange(words, at, 0, OWN);
      if (owner === 0) return;
      if (waits % LOOK_AFTER_WAITS === 0 && this.#takeOver(owner)) return;
      Atomics.wait(words, at, owner, WAIT_MS);
    }
  }

  #takeOver(owner: number): boolean {
    if (isAlive(owner)) return false;
    if (Atomics.compareExchange(this.#words, this.#at, owner, OWN) !== owner) return false;
    this.#repair();
    return true;
  }
}

function ownNumber(): number {
  try {
    return Number(readlinkSync("/proc/thread-self").split("/")[2]);
  } catch {
    return -1 - threadId;
  }
}

const isAlive = (owner: number): boolean => owner < 0 || existsSync(`/proc/self/task/${owner}`);
