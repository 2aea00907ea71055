// What the operating system tells of a process, also while something wraps it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { setImmediate as pass } from "node:timers/promises";
import { ProcessorTime } from "../../../src/fleet/children/processor-time.ts";

const CHILDREN = `/proc/self/task/${process.pid}/children`;
const skip = existsSync(CHILDREN) ? false : "the system does not tell whose child a process is";

test("a process that somebody stops before it is known counts as stopped, and not after", {
  skip,
}, async () => {
  const shell = spawn("sh", ["-c", "sleep 600 & echo $!; wait"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const closed = once(shell, "close");
  const [line] = await once(shell.stdout, "data");
  const wrapped = Number(line);
  const processor = new ProcessorTime(shell.pid ?? 0);
  assert.equal(processor.isStopped(), false);
  process.kill(wrapped, "SIGSTOP");
  while (!processor.isStopped()) await pass();
  process.kill(wrapped, "SIGCONT");
  while (processor.isStopped()) await pass();
  processor.settle();
  assert.equal(processor.pid, wrapped);
  process.kill(wrapped, "SIGKILL");
  await closed;
});
