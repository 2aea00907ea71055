// Worker threads end by themselves, and nothing of theirs is touched afterwards. Where there is a
// compiler for C, the proxy runs on an allocator that faults on freed memory.

import { test } from "node:test";
import { freedMemoryFaults } from "../support/freed-memory.ts";
import { END_CASES, runEnd } from "./worker-end-cases.ts";

const env = freedMemoryFaults() ?? {};

for (const title of Object.keys(END_CASES)) {
  test(`workers end by themselves, and the proxy as it should: ${title}`, () => runEnd(title, env));
}
