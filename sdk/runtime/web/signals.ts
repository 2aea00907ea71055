// The kernel's way to AbortSignal, whose class comes with a part of its own (events-main.ts): null
// where the script names nothing of it, so that nobody can have a signal either.

/** An AbortSignal, or whatever has its shape. */
export interface SignalLike {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

export interface Signals {
  readonly isSignal: (value: unknown) => value is object;
  /** A signal of ours, and what aborts it. */
  readonly make: () => { readonly signal: SignalLike; readonly abort: (reason: unknown) => void };
  readonly isAborted: (signal: object) => boolean;
  readonly reasonOf: (signal: object) => unknown;
  /**
   * `run` when the signal is aborted, before its listeners; never, if it is already. Returns what
   * makes it forget that.
   */
  readonly whenAborted: (signal: object, run: () => void) => () => void;
}

let signals: Signals | null = null;

export function useSignals(given: Signals): void {
  signals = given;
}

export const signalsOfScript = (): Signals | null => signals;
