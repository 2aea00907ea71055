// What it costs to be seen: request ids, metrics and access lines, in nanoseconds each. Run it with
// `node bench/micro/observe.ts`; the figures in src/base/ids.ts and src/observe are from here.

import { makeRequestId } from "../../src/base/ids.ts";
import { type AccessFields, accessLine } from "../../src/observe/access.ts";
import { Metrics } from "../../src/observe/metrics.ts";
import { StatusCounters } from "../../src/observe/status-counters.ts";

const ROUNDS = 5;

const metrics = new Metrics();
const counter = metrics.counter("sluice_log_dropped_total");
const histogram = metrics.histogram("sluice_request_duration_seconds");
const statuses = new StatusCounters(metrics, "demo");

const FIELDS: AccessFields = {
  timeMs: Date.now(),
  id: makeRequestId(),
  tenant: "demo",
  deployment: 3,
  client: "192.0.2.1",
  method: "GET",
  host: "demo.example.com",
  target: "/some/path?with=query",
  status: 200,
  error: null,
  reason: null,
  bytesReceived: 0,
  bytesSent: 1_234,
  durationMs: 1.234,
  upstream: "127.0.0.1:9001",
  reused: true,
  attempts: 1,
};

// Some 30 requests share a millisecond on a busy worker.
const fieldsAt = (index: number) => ({ ...FIELDS, timeMs: FIELDS.timeMs + index / 32 });

const SUBJECTS: Readonly<Record<string, (index: number) => unknown>> = {
  "request id": () => makeRequestId(),
  counter: () => counter.add(),
  "status counter": (index) => statuses.count(200 + (index & 3)),
  histogram: (index) => histogram.observe((index & 1_023) * 1e-5),
  "access line, JSON": (index) => accessLine("json", fieldsAt(index)),
  "access line, pretty": (index) => accessLine("pretty", fieldsAt(index), false),
};

const measure = (run: (index: number) => unknown, times: number): number => {
  const start = performance.now();
  let kept: unknown;
  for (let index = 0; index < times; index++) kept = run(index);
  const nanoseconds = ((performance.now() - start) * 1e6) / times;
  return kept === SUBJECTS ? Number.NaN : nanoseconds;
};

for (const [name, run] of Object.entries(SUBJECTS)) {
  const figures = Array.from({ length: ROUNDS }, () => measure(run, 300_000));
  process.stdout.write(
    `${name.padEnd(20)} ${Math.min(...figures)
      .toFixed(1)
      .padStart(7)} ns\n`,
  );
}
