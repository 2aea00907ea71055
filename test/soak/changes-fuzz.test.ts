// The fuzzer of changes for ten minutes, with a new seed each time.

import { test } from "node:test";
import { fuzzChanges } from "../fuzz/changes.ts";

const FOR_MS = 600_000;
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);

test("for ten minutes what is acknowledged holds and what is refused changes nothing", {
  timeout: 2 * FOR_MS,
}, async (context) => {
  context.diagnostic(`seed ${SEED}`);
  const events = await fuzzChanges({ seed: SEED, forMs: FOR_MS });
  context.diagnostic(`${events} events`);
});
