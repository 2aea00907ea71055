// Processes in the sandbox that are ended while they begin leave nothing behind.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { TrialProcess } from "../../../src/fleet/trials/trial-process.ts";
import { wholeSandbox } from "../../support/bubblewrap.ts";

const { sandbox, skip } = await wholeSandbox();

const PROCESSES = 100;
/** From the shell's start to Node's: bubblewrap forks somewhere in between. */
const STEPS_MS = 40;

/** What tells ours from all others: on their command lines, and on nobody else's. */
const HEAP_MIB = 1_000_000 + process.pid;

function ours(): number {
  const lines = readdirSync("/proc").map((name) => {
    try {
      return readFileSync(`/proc/${name}/cmdline`, "latin1");
    } catch {
      return "";
    }
  });
  return lines.filter((line) => line.includes(`--max-old-space-size=${HEAP_MIB}`)).length;
}

test("a process that is killed as it begins takes along what it has started", {
  skip,
}, async () => {
  let most = 0;
  for (let i = 0; i < PROCESSES; i++) {
    const trial = new TrialProcess({
      sandbox,
      program: "fleet/trials/scratch-entry",
      heapMiB: HEAP_MIB,
      memoryBytes: 2 ** 30,
    });
    await wait(i % STEPS_MS);
    most = Math.max(most, ours());
    trial.kill();
  }
  assert.ok(most > 0);
  const untilMs = performance.now() + 60_000;
  while (ours() > 0 && performance.now() < untilMs) await wait(20);
  assert.equal(ours(), 0);
});
