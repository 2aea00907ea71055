// Promises that remember whose code awaits them. A reaction of ours stands before each of the
// script's: in a slice of its own call it lets the value pass, in another's it puts the script's
// on the list of its call (ready.ts). So `current()` is right in whatever the script runs.
//
// What was begun at the top level belongs to no call, and goes on with whoever wakes it.

import { CONTROL } from "../../src/wire/control.ts";
import { type Call, current } from "./current.ts";
import { isForHost, leaveMicrotasks } from "./microtasks.ts";
import { windows } from "./port.ts";
import { reflectApply, uncurry } from "./primordials.ts";
import { Continuation } from "./ready.ts";
import { hide, isObject } from "./stand-in.ts";

type Run = (value: unknown) => unknown;
type Settle = (value: unknown) => void;

const NativePromise = Promise;
type Then = (this: unknown, onValue: unknown, onError: unknown) => Promise<unknown>;
const then: Then = Object.getOwnPropertyDescriptor(Promise.prototype, "then")?.value;
const nativeThen = uncurry(then);
const nativeResolve: (self: unknown, value: unknown) => Promise<unknown> = uncurry(Promise.resolve);

/** In a slice it also brings the host back when that is over, to see what has become of ctx. */
function touch(): void {
  leaveMicrotasks();
  windows.control[CONTROL.MORE] = 1;
}

/** `await value` of a script: what is to be awaited in its place. */
export function awaited<T>(value: Promise<T>): Promise<T>;
export function awaited(value: unknown): unknown;
export function awaited(value: unknown): unknown {
  const call = current();
  if (call === null || !isObject(value)) {
    touch();
    return value;
  }
  if (call.pass === null || call.raise === null) open(call);
  return nativeThen(promiseOf(value), call.pass, call.raise);
}

/** To be awaited. A thenable's own `then` is a microtask, as is what a settled promise wakes. */
function promiseOf(value: unknown): Promise<unknown> {
  const promise = nativeResolve(NativePromise, value);
  if (promise !== value || !isForHost(promise)) touch();
  return promise;
}

/** Two functions for all awaits of a call: a pair for each would be most of an await's price. */
function open(call: Call): void {
  call.pass = (value) => {
    if (current() === call) return value;
    return new Continuation({ call, run: null, value, isError: false });
  };
  call.raise = (value) => {
    if (current() === call) throw value;
    return new Continuation({ call, run: null, value, isError: true });
  };
}

/** For the runtime: goes on in a slice of `call` when the promise is settled. */
export function whenSettled(
  call: Call,
  promise: unknown,
  { onValue, onError }: { readonly onValue: Run; readonly onError: Run },
): void {
  nativeThen(promiseOf(promise), carried(call, onValue), carried(call, onError));
}

/** For the runtime, which runs none of the script's code then: whoever settled it. */
export function whenDone(promise: Promise<unknown>, done: () => void): void {
  nativeThen(promise, done, done);
}

/** `new Promise`, for the runtime. */
export const newPromise = <T>(
  run: (resolve: (value: T | PromiseLike<T>) => void, reject: (error: unknown) => void) => void,
) => new NativePromise<T>(run);

/** A reaction that goes on in a slice of the call that attached it. */
function carried(call: Call | null, run: unknown): unknown {
  if (call === null || typeof run !== "function") return run;
  return (value: unknown): unknown =>
    current() === call
      ? reflectApply(run, undefined, [value])
      : new Continuation({
          call,
          run: (late) => reflectApply(run, undefined, [late]),
          value,
          isError: false,
        });
}

/** `return value` of an async function. */
export function returned(value: unknown): unknown {
  if (isObject(value)) leaveMicrotasks(); // it may be a thenable
  return value;
}

/** Rejects the promise whose executor runs, if one does. */
let rejectMaking: Settle | null = null;
/** By the function that resolves a promise, the one that rejects it. */
const rejects = new WeakMap<object, Settle>();
const rejectsGet: (map: typeof rejects, key: object) => Settle | undefined = uncurry(
  WeakMap.prototype.get,
);
const rejectsSet: (map: typeof rejects, key: object, value: Settle) => unknown = uncurry(
  WeakMap.prototype.set,
);

/** What rejects the promise that waits for `run` to be called; null: none is known. */
export const rejectFor = (run: object): Settle | null =>
  rejectMaking ?? rejectsGet(rejects, run) ?? null;

/** The executor of `new Promise(run)`, which may ask the host for something. */
export function executor(run: unknown): unknown {
  if (typeof run !== "function") return run;
  return (resolve: Settle, reject: Settle): void => {
    const outer = rejectMaking;
    rejectMaking = reject;
    const settle = touching(resolve);
    rejectsSet(rejects, settle, reject);
    try {
      reflectApply(run, undefined, [settle, reject]);
    } finally {
      rejectMaking = outer;
    }
  };
}

/** What a promise is resolved with may be a thenable, whose `then` is a microtask. */
const touching =
  (resolve: Settle): Settle =>
  (value) => {
    leaveMicrotasks();
    resolve(value);
  };

export function installPromises(): void {
  const { reject: nativeReject, try: nativeTry, withResolvers } = Promise;
  const methods = {
    // biome-ignore lint/suspicious/noThenProperty: it takes the place of the builtin
    then(this: unknown, onFulfilled: unknown, onRejected: unknown): unknown {
      touch();
      const call = current();
      return nativeThen(this, carried(call, onFulfilled), carried(call, onRejected));
    },
    resolve(this: unknown, value: unknown): unknown {
      return nativeResolve(this, returned(value));
    },
    reject(this: unknown, reason: unknown): unknown {
      leaveMicrotasks(); // who is to be told that nothing handles it is known by its crossing
      return reflectApply(nativeReject, this, [reason]);
    },
    try(this: unknown, ...given: unknown[]): unknown {
      leaveMicrotasks();
      return reflectApply(nativeTry, this, given);
    },
    withResolvers(this: unknown): unknown {
      const made: PromiseWithResolvers<unknown> = reflectApply(withResolvers, this, []);
      const { reject } = made;
      made.resolve = touching(made.resolve);
      rejectsSet(rejects, made.resolve, reject);
      return made;
    },
  };
  hide(Promise.prototype, "then", methods.then);
  hide(Promise, "resolve", methods.resolve);
  hide(Promise, "reject", methods.reject);
  hide(Promise, "try", methods.try);
  hide(Promise, "withResolvers", methods.withResolvers);
}
