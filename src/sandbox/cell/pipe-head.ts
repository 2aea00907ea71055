// The header of a message between worker and cell, as words that are written and read one by one
// and copied all at once. A call for each number costs several times as much, and most where a cell
// has just woken and nothing of it is in the caches.

import { SEED_WORDS } from "../../wire/control.ts";

export const HEAD_WORDS = 14 + SEED_WORDS;
export const HEAD_BYTES = HEAD_WORDS * 4;

/** Places in it, in words; `nowMs` is two. */
export const AT = {
  length: 0,
  kind: 1,
  key: 2,
  lane: 3,
  turn: 4,
  isLast: 5,
  records: 6,
  text: 7,
  bytes: 8,
  counters: 9,
  isReady: 10,
  seed: 11,
  nowMs: 11 + SEED_WORDS,
  limits: 13 + SEED_WORDS,
} as const;

/** The one that is being written or read: whoever fills it is done with it before anybody else. */
export const HEAD = new Int32Array(HEAD_WORDS);
export const HEAD_AS_BYTES = new Uint8Array(HEAD.buffer);

const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);

export function setNow(nowMs: number): void {
  double[0] = nowMs;
  HEAD[AT.nowMs] = halves[0] ?? 0;
  HEAD[AT.nowMs + 1] = halves[1] ?? 0;
}

export function readNow(): number {
  halves[0] = HEAD[AT.nowMs] ?? 0;
  halves[1] = HEAD[AT.nowMs + 1] ?? 0;
  return double[0] ?? 0;
}
