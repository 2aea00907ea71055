// A program: two threads have an isolate at once, and are the first of their process to load the
// library. The argument says whether they were started to load it in turn.

import { once } from "node:events";
import { isMainThread, Worker } from "node:worker_threads";
import { shareEngineLock } from "../../src/sandbox/engine-lock.ts";

if (isMainThread) {
  if (process.argv[2] === "in turn") shareEngineLock();
  const threads = Array.from({ length: 2 }, () => new Worker(new URL(import.meta.url)));
  await Promise.all(threads.map((thread) => once(thread, "exit")));
} else {
  const { Watchdog } = await import("../../src/sandbox/watchdog.ts");
  await new Watchdog().stop();
}
