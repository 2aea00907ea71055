// The start of a script, which has processor time as its limit: on a busy machine the top level of
// an honest one may take many times as long.

/** The top level was ended for its time. */
export class LateStart extends Error {
  /** Of the processor. */
  readonly usedMs: number;

  constructor(usedMs: number) {
    super(TIMED_OUT);
    this.name = "LateStart";
    this.usedMs = usedMs;
  }
}

/** As the library has it where it ended the script itself. */
const TIMED_OUT = "Script execution timed out.";

/** What a start that threw this is to throw. `isOverrun`: the watchdog ended it. */
export function startError(thrown: unknown, isOverrun: boolean, usedMs: number): unknown {
  const isLate = isOverrun || (thrown instanceof Error && thrown.message === TIMED_OUT);
  return isLate ? new LateStart(usedMs) : thrown;
}

/** Its limits after which the watchdog ends it though it has not used one of them. */
export const START_BUDGETS = 8;

/** The same of the wall clock, for when there is a watchdog that should have been first. */
export const START_BUDGETS_MAX = 32;

/** What is left of its limit when it was ended: less, and it is the machine that was busy. */
const USED_SHARE = 0.8;

/** A start, and another if the machine did not let it run. Throws what the last one threw. */
export function startTwice<T>(start: (attempt: 0 | 1) => T, startupMs: number): T {
  try {
    return start(0);
  } catch (thrown) {
    const wasHeldUp = thrown instanceof LateStart && thrown.usedMs < USED_SHARE * startupMs;
    if (!wasHeldUp) throw thrown;
    return start(1);
  }
}
