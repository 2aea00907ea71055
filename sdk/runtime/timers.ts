// setTimeout and clearTimeout. The host keeps the time: a timer is something asked of it, and its
// answer is a record of a later turn. A timer belongs to the call that set it and ends with it.

import { ASK, OUT } from "../../src/wire/records.ts";
import { type Call, current } from "./current.ts";
import { out } from "./port.ts";

/** Timers that one isolate may have pending. */
const TIMERS_MAX = 10_000;
/** The longest a timer may wait: 2^31 - 1 ms, as elsewhere. */
const DELAY_MAX_MS = 2_147_483_647;

interface Timer {
  readonly owner: Call;
  readonly run: () => void;
}

const timers = new Map<number, Timer>();
const mapGet = uncurry(Map.prototype.get) as (map: Map<number, Timer>, id: number) => Timer | undefined;
const mapSet = uncurry(Map.prototype.set) as (map: Map<number, Timer>, id: number, t: Timer) => void;
const mapDelete = uncurry(Map.prototype.delete) as (map: Map<number, Timer>, id: number) => boolean;
const apply = Reflect.apply;
let lastId = 0;
let pending = 0;

function uncurry(method: (...args: never[]) => unknown): unknown {
  const { apply: call } = Reflect;
  return (self: unknown, ...args: unknown[]) => call(method, self, args);
}

function setTimer(run: unknown, delay: unknown, ...args: unknown[]): number {
  if (typeof run !== "function") throw new TypeError("setTimeout: expected a function");
  const owner = current();
  if (owner === null) throw new Error("setTimeout: timers can only be set while a hook runs");
  if (pending >= TIMERS_MAX || out.room < 2) throw new RangeError("setTimeout: too many timers");
  const wanted = Number(delay);
  const ms = wanted > 0 ? Math.min(wanted, DELAY_MAX_MS) : 0;
  const id = ++lastId;
  mapSet(timers, id, { owner, run: () => apply(run, undefined, args) });
  pending++;
  owner.timers[owner.timers.length] = id;
  out.record(OUT.ASK, owner.id, id, ASK.timer, Math.ceil(ms));
  return id;
}

function clearTimer(id: unknown): void {
  if (typeof id === "number" && mapDelete(timers, id)) pending--;
}

/** The call that waits for this answer, if it still does. */
export const ownerOf = (askId: number): Call | null => mapGet(timers, askId)?.owner ?? null;

/** The time has come. */
export function fire(askId: number): void {
  const timer = mapGet(timers, askId);
  clearTimer(askId);
  timer?.run();
}

export function dropTimers(call: Call): void {
  for (let i = 0; i < call.timers.length; i++) clearTimer(call.timers[i]);
}

export function installTimers(target: typeof globalThis): void {
  const hidden = { writable: true, configurable: true, enumerable: false };
  Object.defineProperty(target, "setTimeout", { ...hidden, value: setTimer });
  Object.defineProperty(target, "clearTimeout", { ...hidden, value: clearTimer });
}
