// What isolates cost by the names that their scripts have: their start and their heap; and a `new
// URL` in one. The lowest of many runs counts, since others use the machine too.
//
//     node bench/micro/isolate-start.ts

import { limitsOf } from "../../src/base/config/tenant-limits.ts";
import { buildRuntime } from "../../src/control/bundle-runtime.ts";
import { ScriptIsolate } from "../../src/sandbox/engine.ts";
import { createCounterBuffers } from "../../src/state/counter-memory.ts";
import { COUNTERS_MAX, CounterTable } from "../../src/state/counters.ts";
import { LimitTable } from "../../src/state/limit-table.ts";

const STARTS = 60;
const URLS = 20_000;

const NAMED: Readonly<Record<string, string>> = {
  nothing: "",
  fetch: "fetch",
  URL: "URL",
  Request: "Request",
  URLPattern: "URLPattern",
  AbortController: "AbortController",
  ReadableStream: "ReadableStream",
  crypto: "crypto",
  FormData: "FormData",
  self: "self",
  rateLimit: "rateLimit",
  memoryCache: "memoryCache",
};

const runtime = await buildRuntime();
const buffers = createCounterBuffers();
const counters = new CounterTable(buffers);
const limits = LimitTable.make();

/** @param before  the script's first lines; they name what they name */
function start(before: string): ScriptIsolate {
  const phases = "globalThis.__sluice.definePhases({ requestFilter() {} })";
  const code = `() => { ${before}\nglobalThis.__sluiceScript = { default: ${phases} }; }`;
  const isolate = new ScriptIsolate({
    ...{ runtime, script: { code }, env: {}, limits: limitsOf({}, {}) },
    ...{ memoryMiB: 128, startupMs: 10_000, counters: buffers.counts },
    slotOf: (name) => counters.hold({ tenant: "bench", name }, COUNTERS_MAX),
    rateLimits: limits.source(1, () => 1),
  });
  if ("error" in isolate.loaded) throw new Error(isolate.loaded.error.message);
  return isolate;
}

function least(before: string, runs: number): { ms: number; bytes: number } {
  let [ms, bytes] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let run = 0; run < runs; run++) {
    const isolate = start(before);
    ms = Math.min(ms, isolate.startedMs);
    bytes = Math.min(bytes, isolate.size().usedBytes);
    isolate.dispose();
  }
  return { ms, bytes };
}

for (const [title, name] of Object.entries(NAMED)) {
  const { ms, bytes } = least(`/* ${name} */`, STARTS);
  console.log(`${title}: ${ms.toFixed(2)} ms of processor, ${(bytes / 1_024).toFixed(0)} KiB`);
}
const loop = (work: string): string =>
  `for (let i = 0; i < ${URLS}; i++) {
    const u = new URL("https://a.example:81/b/" + i + "?c=d"); ${work} }`;
const empty = least("/* URL */", STARTS).ms;
for (const work of ["", "u.pathname", "u.searchParams.get('c')", "u.pathname = '/e'"]) {
  const micros = ((least(loop(work), 3).ms - empty) * 1_000) / URLS;
  console.log(`new URL; ${work}: ${micros.toFixed(2)} µs`);
}
