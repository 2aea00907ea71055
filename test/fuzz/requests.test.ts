// The fuzzer of requests for a moment, with one seed; ten minutes of it are in the soak.

import { test } from "node:test";
import { fuzzRequests } from "./requests.ts";

const FOR_MS = 12_000;
const SEED = Number(process.env.FUZZ_SEED ?? 1);

for (const isolation of ["inline", "process"] as const) {
  test(`${isolation}: whatever requests do side by side, each gets and leaves its own`, {
    timeout: 240_000,
  }, async (context) => {
    const { requests, lines, versions, replayed } = await fuzzRequests({
      ...{ isolation, seed: SEED, forMs: FOR_MS },
    });
    context.diagnostic(
      `${requests} requests, ${lines} lines, ${versions} versions, ${replayed} replayed`,
    );
  });
}
