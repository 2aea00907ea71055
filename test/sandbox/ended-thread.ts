// A program: threads whose watchdog watches an isolate, one after the other, each ended as the
// first argument says.

import { once } from "node:events";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { ScriptIsolate } from "../../src/sandbox/engine.ts";
import { Watchdog } from "../../src/sandbox/watchdog.ts";

/** As many as it takes for the race, where there is one, to be lost; most often the first loses. */
const THREADS = 8;
/** Where it must be lost: the process ends with the first that does. */
const TERMINATED = 64;

/** A runtime that does nothing. */
const KERNEL = `globalThis.__sluiceRun = () => {}; globalThis.__sluiceTrampoline = {
  turn() {}, take() {}, bytes() {}, setValues() {}, load: () => '{"mask":0,"unknown":[]}',
};`;

async function endThreads(end: string): Promise<void> {
  const threads = end === "terminate" ? TERMINATED : THREADS;
  for (let i = 0; i < threads; i++) {
    const worker = new Worker(new URL(import.meta.url), { workerData: end });
    worker.on("error", () => {});
    const exited = new Promise((resolve) => worker.once("exit", resolve));
    await once(worker, "message");
    if (end === "terminate") void worker.terminate();
    else worker.postMessage("now");
    await exited;
  }
}

function beginThread(end: string): void {
  const isolate = new ScriptIsolate({
    runtime: { kernel: KERNEL, extras: [] },
    script: { code: "() => {}" },
    env: {},
    memoryMiB: 16,
    startupMs: 5_000,
    counters: new SharedArrayBuffer(8),
    slotOf: () => -1,
  });
  const watchdog = new Watchdog();
  watchdog.watch(isolate, { hookMs: 50, startupMs: 5_000 });
  parentPort?.once("message", () => {
    if (end === "throw") throw new Error("on purpose");
    if (end === "exit") process.exit(0);
    isolate.dispose();
    void watchdog.stop();
  });
  parentPort?.postMessage("watched");
}

if (isMainThread) await endThreads(process.argv[2] ?? "");
else beginThread(workerData);
