// What the bench reads: h2load's output, the origin's count, /proc.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { coreLoad, parseCores, treeOf } from "../../bench/cpu.ts";
import { commandOf, parseH2load } from "../../bench/load.ts";
import { noiseOf, readSpin } from "../../bench/noise.ts";
import { parseStatus } from "../../bench/origin-status.ts";
import { Percentiles } from "../../bench/percentiles.ts";
import { costOf } from "../../bench/turns.ts";

const H2LOAD = `starting benchmark...
spawning thread #0: 64 total client(s). Timing-based test with 0s of warm-up time and 1s of main
Main benchmark duration is started for thread #0.

finished in 1.01s, 101883.72 req/s, 31.42MB/s
requests: 101884 total, 101948 started, 101884 done, 101879 succeeded, 5 failed, 2 errored
status codes: 101876 2xx, 0 3xx, 1 4xx, 2 5xx
traffic: 31.42MB (32946288) total, 20.11MB (21087000) headers (space savings 0.00%)
time for request:      100us     26.27ms      612us      1.02ms    80.01%
`;

test("h2load's output gives requests, rate, and every kind of error", () => {
  const expected = { requests: 101_879, requestsPerSecond: 101_883.72, errors: 8 };
  assert.deepEqual(parseH2load(H2LOAD), expected);
  assert.throws(() => parseH2load("unable to connect"), /Cannot read h2load's output/);
});

test("a fixed rate is dealt out to the connections, and a closed loop has none", () => {
  const plan = { port: 80, core: 1, connections: 64, head: "small", seconds: 4 } as const;
  assert.ok(commandOf({ ...plan, rate: 2_000 }, "t").includes("--rps=31.25"));
  assert.ok(!commandOf(plan, "t").some((part) => part.startsWith("--rps")));
});

test("a turn costs its processor time for each answer that came within it", () => {
  const turn = { resumedMs: 100, fromMs: 300, toMs: 550, processorMs: 6 };
  const ends = [299.9, 300, 420.5, 549.9, 550];
  const answers = ends.map((endMs) => ({ endMs, tookMs: 1, status: "200" }));
  assert.equal(costOf(turn, answers), 2_000);
});

test("HTTP/2 is asked with so many streams a connection, and without fields of a connection", () => {
  const of = { port: 443, core: 1, connections: 8, head: "browser", seconds: 1 } as const;
  const args = commandOf({ ...of, protocol: "http2", streams: 8, isSecure: true }, "t");
  assert.deepEqual(
    [args.includes("--h1"), args.includes("-m8"), args.includes("-c8")],
    [false, true, true],
  );
  assert.equal(args.at(-1), "https://127.0.0.1:443/");
  assert.ok(!args.some((part) => part.startsWith("Connection")));
  assert.ok(commandOf(of, "t").includes("Connection: keep-alive"));
});

test("percentiles are of all requests, in ms, to the microsecond below 100 ms", () => {
  const times = new Percentiles();
  for (let micros = 1; micros <= 1_000; micros++) times.add(micros);
  assert.deepEqual(times.summary(), { p50Ms: 0.5, p90Ms: 0.9, p99Ms: 0.99, p999Ms: 0.999 });
  for (let i = 0; i < 10; i++) times.add(2_500_000);
  assert.equal(times.summary().p999Ms, 2_500);
  assert.ok(Number.isNaN(new Percentiles().summary().p50Ms));
});

test("noise is the worst of what others used, what the core lost, how slow it was", () => {
  const quiet = { others: 0.01, speed: 100, jitter: 0.02 };
  assert.equal(noiseOf(quiet, quiet, 100), 0.02);
  assert.equal(noiseOf(quiet, { ...quiet, others: 0.3 }, 100), 0.3);
  assert.ok(Math.abs(noiseOf(quiet, { ...quiet, speed: 90 }, 100) - 0.1) < 1e-9);
  // slow before and after: a neighbour stayed all the time
  assert.ok(Math.abs(noiseOf(quiet, quiet, 160) - 0.375) < 1e-9);
  assert.deepEqual(readSpin('{"median":200,"slow":150}'), { speed: 200, jitter: 0.25 });
  assert.throws(() => readSpin("{}"), /Cannot read the speed of a core/);
});

test("the origin's status page gives connections and requests", () => {
  const page = "Active connections: 1 \nserver accepts handled requests\n 16 16 31 \nReading: 0 ";
  assert.deepEqual(parseStatus(page), { connections: 16, requests: 31 });
  assert.throws(() => parseStatus("404"), /Cannot read the origin's status/);
});

test("a core is busy when it is neither idle nor waiting for a disk", () => {
  const sample = (cpu1: string) => ({
    atMs: 0,
    cores: parseCores(`cpu  9 9 9 9 9 9 9 9\ncpu0 1 0 0 1 0 0 0 0\n${cpu1}\nintr 5`),
    treeMicros: 0,
  });
  const before = sample("cpu1 10 0 10 100 10 0 0 0 0 0");
  const after = sample("cpu1 30 0 30 140 20 0 5 5 0 0");
  assert.equal(before.cores.length, 2);
  assert.equal(coreLoad(1, before, after), 0.5);
  assert.equal(coreLoad(0, before, after), 0);
});

test("a process and its children are one tree", {
  skip: process.platform !== "linux",
}, async () => {
  const child = spawn(process.execPath, ["-e", "process.stdin.resume()"]);
  await once(child, "spawn");
  assert.deepEqual(treeOf(process.pid), [process.pid, child.pid]);
  child.stdin.end();
  await once(child, "exit");
  assert.deepEqual(treeOf(process.pid), [process.pid]);
});
