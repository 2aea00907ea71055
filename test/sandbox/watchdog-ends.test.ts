// When a thread ends, its watchdog's loop is over, and touches nothing of the thread any more.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { freedMemoryFaults } from "../support/freed-memory.ts";

const PROGRAM = fileURLToPath(new URL("ended-thread.ts", import.meta.url));
const faults = freedMemoryFaults();
const skip = faults === null && "there is no compiler for C";

async function endOf(end: string): Promise<number | NodeJS.Signals> {
  const env = { ...process.env, ...faults };
  const child = spawn(process.execPath, [PROGRAM, end], { stdio: "ignore", env });
  const [status, signal] = await once(child, "close");
  return status ?? signal;
}

for (const [title, end] of [
  ["that is asked to end", "ask"],
  ["that calls process.exit", "exit"],
  ["that throws, with no one to catch it", "throw"],
] as const) {
  test(`nothing touches the freed memory of a thread ${title}`, { skip }, async () => {
    assert.equal(await endOf(end), 0);
  });
}

test("a thread that is terminated under its watchdog is what the allocator finds", {
  skip,
}, async () => {
  assert.equal(await endOf("terminate"), "SIGSEGV");
});
