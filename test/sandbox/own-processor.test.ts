// Watching isolates of the main thread on a busy machine.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { ownProcessor } from "../../src/sandbox/own-processor.ts";
import { PROCESSOR } from "../../src/sandbox/watch-loop.ts";

const isLinux = existsSync("/proc/thread-self/schedstat");

/** Asks as the watchdog does, and waits in this thread, which is as good as being in a call. */
function usedUs(words: Int32Array): number {
  const number = Atomics.add(words, PROCESSOR.ASKED, 1) + 1;
  Atomics.notify(words, PROCESSOR.ASKED);
  for (let seen = -1; seen < number; ) {
    Atomics.wait(words, PROCESSOR.ANSWERED, seen, 5);
    seen = Atomics.load(words, PROCESSOR.ANSWERED);
  }
  return Atomics.load(words, PROCESSOR.USED_US);
}

test("a thread that stands still uses nothing, and one that computes does", {
  skip: !isLinux,
}, () => {
  const words = new Int32Array(ownProcessor());
  const beforeUs = usedUs(words);
  Atomics.wait(words, PROCESSOR.THREAD, words[PROCESSOR.THREAD] ?? 0, 300);
  const restedUs = usedUs(words) - beforeUs;
  assert.ok(restedUs < 150_000, `${restedUs} µs`);

  const { user } = process.threadCpuUsage();
  while (process.threadCpuUsage().user - user < 200_000);
  assert.ok(usedUs(words) - beforeUs - restedUs > 150_000);
});

test("there is one for the whole thread", () => {
  assert.equal(ownProcessor(), ownProcessor());
});
