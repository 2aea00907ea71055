// What the bench reads: wrk's output, the origin's count, /proc.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { coreLoad, parseCores, treeOf } from "../../bench/cpu.ts";
import { parseWrk } from "../../bench/load.ts";
import { parseStatus } from "../../bench/origin-status.ts";

const WRK = `Running 2s test @ http://127.0.0.1:20001/
1 threads and 64 connections
Latency Distribution
   50%  612.00us
   75%    1.02ms
   90%    1.35ms
   99%    1.20s\x20
204631 requests in 2.01s, 31.42MB read
Socket errors: connect 1, read 2, write 3, timeout 4
Non-2xx or 3xx responses: 5
Requests/sec: 101883.72
Transfer/sec:     15.64MB
`;

test("wrk's output gives rate, percentiles in ms, and every kind of error", () => {
  assert.deepEqual(parseWrk(WRK), {
    requests: 204_631,
    requestsPerSecond: 101_883.72,
    p50Ms: 0.612,
    p99Ms: 1200,
    errors: 15,
  });
  assert.equal(parseWrk(WRK.replace(/.*(errors|Non-2xx).*\n/g, "")).errors, 0);
  assert.throws(() => parseWrk("unable to connect"), /Cannot read wrk's output/);
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
    treeTicks: 0,
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
