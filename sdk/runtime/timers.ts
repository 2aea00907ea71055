// setTimeout and clearTimeout. The host keeps the time; a timer ends with the hook call that set
// it. Then its function is not called, and a promise that was made to wait for it is rejected.

import { ASK } from "../../src/wire/asks.ts";
import { DELAY_MAX_MS } from "../../src/wire/records.ts";
import { ask, withdraw } from "./asks.ts";
import { current } from "./current.ts";
import { rejectFor } from "./promises.ts";

const apply = Reflect.apply;
const toNumber = Number;
const { ceil, min } = Math;

function setTimer(run: unknown, delay: unknown, ...args: unknown[]): number {
  if (typeof run !== "function") throw new TypeError("setTimeout: expected a function");
  const asker = { settle: () => apply(run, undefined, args), abort: rejectFor(run) };
  const wish = { name: "setTimeout", kind: ASK.timer, text: delayText(delay), bytes: null };
  return ask(current(), wish, asker);
}

/** Whole milliseconds that the host can wait, as its calls have them. */
export function delayText(delay: unknown): string {
  const wanted = toNumber(delay);
  return `${ceil(wanted > 0 ? min(wanted, DELAY_MAX_MS) : 0)}`;
}

export function installTimers(target: typeof globalThis): void {
  const hidden = { writable: true, configurable: true, enumerable: false };
  for (const [name, value] of Object.entries({ setTimeout: setTimer, clearTimeout: withdraw })) {
    Object.defineProperty(target, name, { ...hidden, value });
    // the bundler shortens names
    Object.defineProperty(value, "name", { value: name, configurable: true });
  }
}
