// A program: two threads have an isolate at once, and are the first of their process to load the
// library. The argument says whether they load it as we do, or as anybody would.

import { once } from "node:events";
import { isMainThread, Worker, workerData } from "node:worker_threads";

if (isMainThread) {
  const begin = { workerData: process.argv[2] };
  const threads = [1, 2].map(() => new Worker(new URL(import.meta.url), begin));
  await Promise.all(threads.map((thread) => once(thread, "exit")));
} else if (workerData === "in turn") {
  const { Watchdog } = await import("../../src/sandbox/watchdog.ts");
  await new Watchdog().stop();
} else {
  const { default: ivm } = await import("isolated-vm");
  new ivm.Isolate().dispose();
}
