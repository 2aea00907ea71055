// Who counts as running in a process group.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { isGroupRunning } from "./process-group.ts";

const isLinux = existsSync("/proc/self/stat");

test("a process that has ended does not run, although nobody has taken note yet", {
  skip: !isLinux,
}, async () => {
  const child = spawn("true", { detached: true });
  const { pid = 0 } = child;
  const exited = once(child, "exit");
  const pause = new Int32Array(new SharedArrayBuffer(4));
  // Without a pass of the event loop, this process takes no note of its child's end.
  while (isGroupRunning(pid)) Atomics.wait(pause, 0, 0, 5);
  assert.equal(process.kill(-pid, 0), true);
  await exited;
});

test("a group runs until the last of it has ended", async () => {
  const child = spawn("sleep", ["60"], { detached: true });
  const { pid = 0 } = child;
  assert.equal(isGroupRunning(pid), true);
  process.kill(-pid, "SIGKILL");
  await once(child, "exit");
  assert.equal(isGroupRunning(pid), false);
});
