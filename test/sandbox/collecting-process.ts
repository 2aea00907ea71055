// A program that runs dry while V8 marks, step by step, what is still held. Handles of isolates
// that nobody holds any more have not been found yet.

import { setFlagsFromString } from "node:v8";
import { isMainThread, Worker } from "node:worker_threads";
import { ScriptIsolate } from "../../src/sandbox/engine.ts";

/** A runtime that does nothing. */
const KERNEL = `globalThis.__sluiceRun = () => {}; globalThis.__sluiceTrampoline = {
  turn() {}, take() {}, bytes() {}, setValues() {}, load: () => '{"mask":0,"unknown":[]}',
};`;

/** Marked one after the other, which takes longer than the end of a process. */
interface Link {
  readonly next: Link | null;
  readonly weight: readonly object[];
}

const LINKS = 200_000;
/** More than the whole of the young generation: the collection begins before all are made. */
const ARRAYS = 3_000;

const held: object[] = [];

function runDry(): void {
  const isolates = Array.from({ length: 5 }, start);
  let link: Link | null = null;
  for (let i = 0; i < LINKS; i++) link = { next: link, weight: [{ i }] };
  if (link !== null) held.push(link);
  process.once("beforeExit", () => {
    for (const isolate of isolates.splice(0)) isolate.dispose();
    setFlagsFromString("--stress-incremental-marking");
    for (let i = 0; i < ARRAYS; i++) held.push(new Array(125).fill(i));
    setFlagsFromString("--no-stress-incremental-marking");
  });
}

function start(): ScriptIsolate {
  return new ScriptIsolate({
    runtime: { kernel: KERNEL, extras: [] },
    script: { code: "() => {}" },
    env: {},
    memoryMiB: 16,
    startupMs: 5_000,
    counters: new SharedArrayBuffer(8),
    slotOf: () => -1,
  });
}

if (isMainThread && process.argv[2] === "thread") new Worker(new URL(import.meta.url));
else runDry();
