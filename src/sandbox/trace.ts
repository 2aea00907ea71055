// Where a hook stands that runs too long. The watchdog disposes of its isolate, and nothing can be
// asked of one that is gone. The library's own `timeout` stops the code and keeps the isolate, and
// what it throws has the frames; but it makes a timer for each crossing, which halved a proxy's
// throughput. So a call that has run too long is given this once, when it runs again.

import { processorMs } from "./processor-ms.ts";

/** In ms of the wall clock. */
export interface Timeout {
  readonly timeout: number;
}

/** Of the wall clock, after which the code is stopped. The watchdog waits longer meanwhile. */
const WALL_BUDGETS = 2;
/** Of `hookMs` on the processor, to be to blame: less of it, and the machine was busy. */
const USED_SHARE = 0.6;

const STOPPED = "Script execution timed out.";

export class Trace {
  /** For each crossing. */
  readonly bound: Timeout;
  readonly #hookMs: number;
  readonly #startMs = processorMs();

  constructor(hookMs: number) {
    this.#hookMs = hookMs;
    this.bound = { timeout: Math.ceil(WALL_BUDGETS * hookMs) };
  }

  /** It was this that ended the crossing. */
  hasStopped(message: string): boolean {
    return message === STOPPED;
  }

  get isOverrun(): boolean {
    return processorMs() - this.#startMs >= USED_SHARE * this.#hookMs;
  }
}

/** The lines of its frames, each behind a line break. */
export function framesOf(stack: string): string {
  const from = stack.indexOf("\n");
  return from < 0 ? "" : stack.slice(from);
}
