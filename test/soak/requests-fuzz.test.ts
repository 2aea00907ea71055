// The fuzzer of requests for ten minutes in each lane, with a new seed each time.

import { test } from "node:test";
import { fuzzRequests } from "../fuzz/requests.ts";

const FOR_MS = 600_000;
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);

for (const isolation of ["inline", "process"] as const) {
  test(`${isolation}: for ten minutes each request gets and leaves its own`, {
    timeout: 2 * FOR_MS,
  }, async (context) => {
    context.diagnostic(`seed ${SEED}`);
    const figures = await fuzzRequests({ isolation, seed: SEED, forMs: FOR_MS });
    context.diagnostic(JSON.stringify(figures));
  });
}
