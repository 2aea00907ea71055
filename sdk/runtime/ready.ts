// What is to go on in a slice of its call, and waits for one. A slice is a crossing: it begins with
// one call's continuations and no microtask left, so whatever runs until it ends is of that call.
// What another call's code wakes, such as a hook that awaits the same promise, comes here.
//
//     slice of A     settles the promise that B awaits ──▶ a reaction of ours: B's continuation
//     slice of B     the continuation goes on, and with it B's hook

import { CONTROL } from "../../src/wire/control.ts";
import type { Call, Waiting } from "./current.ts";
import { windows } from "./port.ts";

type Settle = (value: unknown) => void;

export interface ContinuationOptions {
  readonly call: Call;
  /** What goes on with the value; null: a promise is settled with it. */
  readonly run: ((value: unknown) => unknown) | null;
  readonly value: unknown;
  /** The value is a reason to reject. */
  readonly isError: boolean;
}

/**
 * As the value of a reaction it is a thenable, which the engine hands the functions of the promise
 * that it stands for. No script gets hold of one, unless by a species of its own.
 */
export class Continuation implements Waiting {
  next: Waiting | null = null;
  readonly call: Call;
  readonly isTask = false;
  readonly #run: ContinuationOptions["run"];
  readonly #value: unknown;
  readonly #isError: boolean;
  #resolve: Settle | null = null;
  #reject: Settle | null = null;

  constructor({ call, run, value, isError }: ContinuationOptions) {
    this.call = call;
    this.#run = run;
    this.#value = value;
    this.#isError = isError;
  }

  // biome-ignore lint/suspicious/noThenProperty: the engine is to call it
  then(resolve: Settle, reject: Settle): void {
    this.#resolve = resolve;
    this.#reject = reject;
    makeReady(this.call, this);
  }

  goOn(): void {
    const run = this.#run;
    if (run === null) {
      (this.#isError ? this.#reject : this.#resolve)?.(this.#value);
      return;
    }
    let result: unknown;
    try {
      result = run(this.#value);
    } catch (thrown) {
      this.#reject?.(thrown);
      return;
    }
    this.#resolve?.(result);
  }
}

Object.freeze(Continuation.prototype);

/** What the host has answered: microtasks run before the next one, as between two timers. */
export class Task implements Waiting {
  next: Waiting | null = null;
  readonly isTask = true;
  readonly #run: () => void;

  constructor(run: () => void) {
    this.#run = run;
  }

  goOn(): void {
    const run = this.#run;
    run();
  }
}

/** Calls that have something ready, in the order in which they got it. */
let first: Call | null = null;
let last: Call | null = null;

export const hasReady = (): boolean => first !== null;

/** It goes on in a slice of `call`, and the host comes back for that. */
export function makeReady(call: Call, one: Waiting): void {
  if (call.lastReady === null) call.firstReady = one;
  else call.lastReady.next = one;
  call.lastReady = one;
  if (!call.isInLine) standInLine(call);
  windows.control[CONTROL.MORE] = 1;
}

function standInLine(call: Call): void {
  call.isInLine = true;
  if (last === null) first = call;
  else last.nextInLine = call;
  last = call;
}

/** The call whose slice is next; null: none. */
export function takeCall(): Call | null {
  const call = first;
  if (call === null) return null;
  first = call.nextInLine;
  if (first === null) last = null;
  call.nextInLine = null;
  call.isInLine = false;
  return call;
}

/** The next one of a call; null: there is none. */
export function takeReady(call: Call): Waiting | null {
  const one = call.firstReady;
  if (one === null) return null;
  call.firstReady = one.next;
  if (call.firstReady === null) call.lastReady = null;
  return one;
}

/** What one slice did not get to has its turn behind the other calls. */
export function rejoin(call: Call): void {
  if (call.firstReady !== null && !call.isInLine) standInLine(call);
}
