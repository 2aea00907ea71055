// How much processor time this thread has used, for a watchdog of isolates that run in it. Without
// that figure a thread that stands still on a busy machine would look like a hook that loops.

import { Worker } from "node:worker_threads";
import { entryUrl } from "../base/entry.ts";
import { nameThread } from "./processor-sampler.ts";
import { PROCESSOR_BYTES } from "./watch-loop.ts";

let shared: SharedArrayBuffer | null = null;

/** For `new Watchdog(…)`; answered, as long as this thread lives, by one thread for all of them. */
export function ownProcessor(): SharedArrayBuffer {
  if (shared !== null) return shared;
  shared = new SharedArrayBuffer(PROCESSOR_BYTES);
  nameThread(shared);
  new Worker(entryUrl("sandbox/processor-thread"), { workerData: shared }).unref();
  return shared;
}
