// The randomness of turns: each has its own, and it is an input of its frame, so that a recorded
// turn can be run again. Drawn from the system in batches: alone, 36 bytes cost most of 1 µs.

import { randomFillSync } from "node:crypto";
import { SEED_WORDS } from "../wire/control.ts";

const SEEDS_IN_BATCH = 113;
const batch = new Int32Array(SEEDS_IN_BATCH * SEED_WORDS);
let next = batch.length;

/** Into `seed`. No two turns of the process get the same, and none is kept here. */
export function drawSeed(seed: Int32Array): Int32Array {
  if (next === batch.length) {
    randomFillSync(batch);
    next = 0;
  }
  for (let i = 0; i < SEED_WORDS; i++) {
    seed[i] = batch[next] ?? 0;
    batch[next++] = 0;
  }
  return seed;
}
