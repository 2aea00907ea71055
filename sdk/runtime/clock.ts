// Clocks and randomness are inputs of a turn: they stand still while the script runs, so that a
// recorded turn can be run again and no script can time its neighbours. The real clock is kept for
// the runtime's own use (ending a long batch early).

import { closeClockDoors } from "./clock-doors.ts";
import { dateText } from "./locale.ts";

const RealDate = Date;
const realNow = Date.now;

let nowMs = realNow();
let originMs = nowMs;
let state = (Math.random() * 0x1_0000_0000) | 0 || 1; // for the top level: turns bring theirs

/** Starts a turn: the time it sees, and the seed of its Math.random. */
export function startClock(turnMs: number, seed: number): void {
  nowMs = turnMs;
  state = seed | 0 || 1;
}

/** All that the clocks and Math.random go by. */
export interface ClockState {
  readonly nowMs: number;
  readonly seed: number;
  /** Where performance.now begins. */
  readonly originMs: number;
}

export const clockState = (): ClockState => ({ nowMs, seed: state, originMs });

/** For a slice of a call that is replayed, and back. */
export function setClock(to: ClockState): void {
  nowMs = to.nowMs;
  state = to.seed | 0;
  originMs = to.originMs;
}

/** The real clock, in ms since the epoch; never given to the script. */
export const wallMs = (): number => realNow();

/** The time of this turn, whole milliseconds. */
export const frozenNow = (): number => nowMs - (nowMs % 1);

/** Mulberry32: small, fast, and good enough for what Math.random promises. */
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let t = state ^ (state >>> 15);
  t = imul(t, 1 | state);
  t = (t + imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}

const imul = Math.imul;
const construct = Reflect.construct;
const define = Object.defineProperty;

/** Replaces Date, Math.random and performance in the realm. */
export function installClock(target: typeof globalThis): void {
  function FrozenDate(this: unknown, ...args: unknown[]): unknown {
    if (new.target === undefined) return dateText(new RealDate(frozenNow()));
    return construct(RealDate, args.length === 0 ? [frozenNow()] : args, new.target);
  }
  const hidden = { writable: true, configurable: true, enumerable: false };
  define(FrozenDate, "name", { value: "Date", configurable: true });
  define(FrozenDate, "length", { value: 7, configurable: true });
  define(FrozenDate, "prototype", { value: RealDate.prototype, writable: false });
  define(FrozenDate, "now", { ...hidden, value: frozenNow });
  define(FrozenDate, "parse", { ...hidden, value: RealDate.parse });
  define(FrozenDate, "UTC", { ...hidden, value: RealDate.UTC });
  define(RealDate.prototype, "constructor", { ...hidden, value: FrozenDate });
  define(target, "Date", { ...hidden, value: FrozenDate });
  define(Math, "random", { ...hidden, value: random });
  originMs = nowMs;
  const performance = {
    now: () => nowMs - originMs,
    get timeOrigin() {
      return originMs;
    },
  };
  define(target, "performance", { ...hidden, value: performance });
  closeClockDoors(frozenNow);
}
