// The fuzzer of changes for half a minute, with one seed; ten minutes of it are in the soak.

import { test } from "node:test";
import { fuzzChanges } from "./changes.ts";

const FOR_MS = 30_000;
const SEED = Number(process.env.FUZZ_SEED ?? 1);

test("what is acknowledged holds and what is refused changes nothing, whatever happens", {
  timeout: 240_000,
}, async (context) => {
  const events = await fuzzChanges({ seed: SEED, forMs: FOR_MS });
  context.diagnostic(`${events} events`);
});
