// Tells the watchdog of a thread what that thread has used of the processor. The thread itself
// cannot: it is inside the call in question. Asked rarely, by a call that is half through its
// budget.

import { readFileSync, readlinkSync } from "node:fs";
import { PROCESSOR } from "./watch-loop.ts";

/**
 * In the thread: names it to the sampler, where the system can say what a thread has used.
 */
export function nameThread(buffer: SharedArrayBuffer): void {
  const words = new Int32Array(buffer);
  try {
    const [, , thread] = readlinkSync("/proc/thread-self").split("/");
    Atomics.store(words, PROCESSOR.THREAD, Number(thread));
  } catch {
    // not Linux: the watchdog has the wall clock alone
  }
}

/** In another thread: answers until it is stopped. */
export class ProcessorSampler {
  readonly #words: Int32Array;
  #isStopped = false;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
    void this.#run();
  }

  stop(): void {
    this.#isStopped = true;
    Atomics.notify(this.#words, PROCESSOR.ASKED);
  }

  async #run(): Promise<void> {
    for (let answered = 0; !this.#isStopped; ) {
      const { async: isAsync, value } = Atomics.waitAsync(this.#words, PROCESSOR.ASKED, answered);
      if (isAsync) await value;
      if (this.#isStopped) return;
      answered = Atomics.load(this.#words, PROCESSOR.ASKED);
      answerProcessor(this.#words, answered);
    }
  }
}

/** What the named thread has used, as the answer to the question with this number. */
export function answerProcessor(words: Int32Array, number: number): void {
  try {
    const usedUs = used(Atomics.load(words, PROCESSOR.THREAD)) / 1_000;
    Atomics.store(words, PROCESSOR.USED_US, (usedUs % 0x7fffffff) | 0);
    Atomics.store(words, PROCESSOR.ANSWERED, number);
  } catch (thrown) {
    // of this one no more is known; the next question may find a descriptor again
    if (thrown instanceof Error && "code" in thrown && NO_DESCRIPTOR.has(thrown.code)) return;
    // the thread is gone, or nobody keeps the statistics: then the watchdog does without
    Atomics.store(words, PROCESSOR.THREAD, 0);
  }
}

const NO_DESCRIPTOR: ReadonlySet<unknown> = new Set(["EMFILE", "ENFILE"]);

/** Of the thread that is named there, as the system numbers them; 0: none is. */
export const threadIn = (buffer: SharedArrayBuffer): number =>
  Atomics.load(new Int32Array(buffer), PROCESSOR.THREAD);

/** What a thread of this process has used of the processor, in ms. Null: nobody can say. */
export function usedMsOf(thread: number): number | null {
  if (thread === 0) return null;
  try {
    return used(thread) / 1e6;
  } catch {
    return null;
  }
}

/** In nanoseconds. Throws if nobody can say. */
function used(thread: number): number {
  // on the processor, waiting for it, time slices
  const [usedNs = ""] = readFileSync(`/proc/self/task/${thread}/schedstat`, "utf8").split(" ");
  return Number(usedNs);
}
