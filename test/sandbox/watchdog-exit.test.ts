// A process whose watchdog sleeps ends all the same when it exits, however it comes to that.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("sleeping-process.ts", import.meta.url));
/** It takes a second, on a busy machine some more; without an end it takes for ever. */
const WITHIN_MS = 120_000;

for (const [title, end] of [
  ["by process.exit", "exit"],
  ["by an error that nobody catches", "throw"],
] as const) {
  test(`a process whose watchdog sleeps ends ${title}`, async () => {
    const child = spawn(process.execPath, [PROGRAM, end], {
      stdio: ["ignore", "pipe", "ignore"],
      timeout: WITHIN_MS,
      killSignal: "SIGKILL",
    });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    const [, signal] = await once(child, "close");
    assert.equal(said, "asleep");
    assert.notEqual(signal, "SIGKILL", "it had to be ended");
  });
}
