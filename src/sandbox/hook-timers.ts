// Time that hooks wait: the timers they asked for, and the longest that a suspended call may take.
// A timer belongs to one call and goes with it.

export class HookTimers {
  /** Asks whose time has come, for the next turn. */
  readonly due: number[] = [];
  readonly #wallMs: number;
  readonly #wake: () => void;
  readonly #overdue: (callId: number) => void;
  readonly #byCall = new Map<number, NodeJS.Timeout[]>();

  constructor(wallMs: number, wake: () => void, overdue: (callId: number) => void) {
    this.#wallMs = wallMs;
    this.#wake = wake;
    this.#overdue = overdue;
  }

  ask(callId: number, askId: number, delayMs: number): void {
    const ring = (): void => {
      this.due.push(askId);
      this.#wake();
    };
    this.#keep(callId, setTimeout(ring, delayMs));
  }

  /** The call's turn is over without a result: from here on its wall time runs. */
  suspend(callId: number): void {
    this.#keep(callId, setTimeout(this.#overdue, this.#wallMs, callId));
  }

  forget(callId: number): void {
    const timers = this.#byCall.get(callId);
    if (timers === undefined) return;
    this.#byCall.delete(callId);
    for (const timer of timers) clearTimeout(timer);
  }

  clear(): void {
    for (const callId of [...this.#byCall.keys()]) this.forget(callId);
    this.due.length = 0;
  }

  #keep(callId: number, timer: NodeJS.Timeout): void {
    const timers = this.#byCall.get(callId);
    if (timers === undefined) this.#byCall.set(callId, [timer]);
    else timers.push(timer);
  }
}
