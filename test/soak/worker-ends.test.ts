// The ends of workers again and again, several proxies at a time, on an allocator that faults on
// freed memory: the machine is busy, so that threads stand still where they should not.

import assert from "node:assert/strict";
import { test } from "node:test";
import { END_CASES, runEnd } from "../life/worker-end-cases.ts";
import { freedMemoryFaults } from "../support/freed-memory.ts";

const ROUNDS = 12;
const AT_ONCE = 4;

test("in whatever way workers end, and however busy the machine is, nothing is touched afterwards", async () => {
  const env = freedMemoryFaults();
  assert.notEqual(env, null, "expected a compiler for C (cc) on x64 Linux");
  const waiting = Array.from({ length: ROUNDS }, () => Object.keys(END_CASES))
    .flat()
    .values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const title of waiting) {
        await runEnd(title, env ?? {}).catch((cause: unknown) => {
          throw new Error(`failed: ${title}`, { cause });
        });
      }
    }),
  );
});
