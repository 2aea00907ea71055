// setInterval and `scheduler.wait`: timers of the host's that are asked for anew each time. Each
// ends with the hook call that set it, as setTimeout does.

import { ASK } from "../../src/wire/asks.ts";
import { mapDelete, mapGet, mapSet, NativeMap } from "./primordials.ts";
import { ask, current, delayText, signalsOfScript, withdraw } from "./shared.ts";

const apply = Reflect.apply;
const NativePromise = Promise;

/** By the number of its first timer, the number of the one that an interval waits for. */
const intervals = new NativeMap<number, number>();

export function setRepeated(run: unknown, delay: unknown, ...args: unknown[]): number {
  if (typeof run !== "function") throw new TypeError("setInterval: expected a function");
  const owner = current();
  const wish = { name: "setInterval", kind: ASK.timer, text: delayText(delay), bytes: null };
  const settle = (): void => {
    try {
      apply(run, undefined, args);
    } finally {
      const isSet = mapGet(intervals, id) !== undefined; // it may have been cleared
      if (isSet && owner?.isLive) mapSet(intervals, id, ask(owner, wish, { settle, abort }));
      else abort();
    }
  };
  const abort = (): void => {
    mapDelete(intervals, id);
  };
  const id = ask(owner, wish, { settle, abort });
  mapSet(intervals, id, id);
  return id;
}

/** Of a timer or an interval alike. */
export function clearTimer(id: unknown): void {
  const now = typeof id === "number" ? mapGet(intervals, id) : undefined;
  withdraw(now ?? id);
  if (typeof id === "number" && now !== undefined) mapDelete(intervals, id);
}

/** A promise for that long; a signal that is aborted before rejects it. */
export function wait(delay: unknown, options?: { readonly signal?: unknown }): Promise<void> {
  return new NativePromise((resolve, reject) => {
    const signal = options?.signal;
    const signals = signalsOfScript();
    if (signal !== undefined && !signals?.isSignal(signal)) {
      throw new TypeError("scheduler.wait: expected an AbortSignal as its signal");
    }
    if (signal !== undefined && signals?.isAborted(signal)) throw signals.reasonOf(signal);
    const settle = (): void => {
      forget();
      resolve();
    };
    const wish = { name: "scheduler.wait", kind: ASK.timer, text: delayText(delay), bytes: null };
    const id = ask(current(), wish, { settle, abort: reject });
    const forget = whenAborted(signal, (reason) => {
      withdraw(id);
      reject(reason);
    });
  });
}

function whenAborted(signal: unknown, run: (reason: unknown) => void): () => void {
  const signals = signalsOfScript();
  if (!signals?.isSignal(signal)) return () => {};
  return signals.whenAborted(signal, () => run(signals.reasonOf(signal)));
}
