// The timer behind AbortSignal.timeout: the host's, as all are.

import { ASK } from "../../../src/wire/asks.ts";
import { ask, current, delayText } from "../shared.ts";

const SAFE_MAX = Number.MAX_SAFE_INTEGER;

export function deadline(delayMs: number, run: () => void): void {
  const ms = Number(delayMs);
  if (!(ms >= 0 && ms <= SAFE_MAX)) {
    throw new TypeError(`AbortSignal.timeout: expected milliseconds from 0, got ${delayMs}`);
  }
  const wish = { name: "AbortSignal.timeout", kind: ASK.timer, text: delayText(ms), bytes: null };
  ask(current(), wish, { settle: run, abort: null });
}
