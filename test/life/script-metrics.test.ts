// Counters with labels and histograms: exact whichever worker or cell counts, in /metrics as
// Prometheus has them, and counters like all others for the API.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { call, list, WITH_TOKEN } from "./control.ts";
import { TestProxy } from "./proxy.ts";
import { exchange } from "./raw-client.ts";

const SCRIPT = `
import { counter, definePhases, histogram } from "sluice";
const answers = counter("answers", { labels: { plan: ["free", "pro"], beta: ["yes", "no"] } });
const sizes = histogram("size", { buckets: [10, 100], labels: { plan: ["free", "pro"] } });
const waits = histogram("wait_ms", { buckets: [0.5, 5] });
export default definePhases({
  requestFilter({ request, timing }) {
    const plan = request.headers.get("x-plan");
    timing.mark("seen");
    if (request.path === "/unknown") answers.labels({ plan: "gold", beta: "no" }).incr();
    if (request.path === "/missing") answers.labels({ plan: "free" }).incr();
    if (request.path === "/minus") waits.observe(-1);
    answers.labels({ plan, beta: "no" }).incr();
    sizes.labels({ plan }).observe(Number(request.headers.get("x-size")));
    waits.observe(0.25);
    waits.observe(7.4);
    return new Response(JSON.stringify(timing.marks));
  },
  logging({ timing }) {
    timing.mark("done");
    timing.mark("__proto__");
    if (timing.marks.seen !== undefined) timing.mark("seen-seen");
  },
});`;

let proxy: TestProxy;

before(async () => {
  proxy = await TestProxy.start({
    env: WITH_TOKEN,
    files: { "main.ts": SCRIPT },
    config: {
      workers: 2,
      tenants: {
        inline: { hosts: ["inline.example"], script: "main.ts" },
        process: { hosts: ["process.example"], script: "main.ts", isolation: "process" },
      },
    },
  });
});
after(() => proxy[Symbol.asyncDispose]());

for (const lane of ["inline", "process"]) {
  const ask = (path: string, plan = "free", size = 5) => {
    const given = `X-Plan: ${plan}\r\nX-Size: ${size}\r\nConnection: close\r\n`;
    const head = `GET ${path} HTTP/1.1\r\nHost: ${lane}.example\r\n${given}\r\n`;
    return exchange(proxy.port, head);
  };
  const counts = async (): Promise<Record<string, unknown>> => {
    const { body } = await call(proxy, ["GET", `/tenants/${lane}/counters`]);
    return Object.fromEntries(list(body.counters).map(({ name, value }) => [name, value]));
  };

  test(`${lane}: forty requests over two workers are forty in the series they belong to`, async () => {
    const asked = Array.from({ length: 40 }, (_, i) =>
      ask("/", i % 4 === 0 ? "pro" : "free", i * 5),
    );
    for (const { status } of await Promise.all(asked)) assert.equal(status, 200);
    const counted = await counts();
    assert.equal(counted['answers{plan="free",beta="no"}'], 30);
    assert.equal(counted['answers{plan="pro",beta="no"}'], 10);
    assert.equal(counted['answers{plan="pro",beta="yes"}'], 0);
    assert.equal(counted['size{plan="pro",le="10"}'], 1);
    assert.equal(counted['size{plan="pro",sum}'], 900);
    const metrics = await proxy.metrics();
    const of = `tenant="${lane}",name=`;
    for (const line of [
      `sluice_script_value{${of}"answers",plan="free",beta="no"} 30`,
      `sluice_script_histogram_bucket{${of}"size",plan="pro",le="10"} 1`,
      `sluice_script_histogram_bucket{${of}"size",plan="pro",le="100"} 6`,
      `sluice_script_histogram_bucket{${of}"size",plan="pro",le="+Inf"} 10`,
      `sluice_script_histogram_sum{${of}"size",plan="pro"} 900`,
      `sluice_script_histogram_count{${of}"size",plan="pro"} 10`,
      `sluice_script_histogram_bucket{${of}"wait_ms",le="0.5"} 40`,
      `sluice_script_histogram_sum{${of}"wait_ms"} 280`,
    ]) {
      assert.ok(metrics.includes(`${line}\n`), line);
    }
  });

  test(`${lane}: a series is set like any counter`, async () => {
    const name = encodeURIComponent('answers{plan="pro",beta="yes"}');
    const path = `/tenants/${lane}/counters/${name}`;
    assert.equal((await call(proxy, ["PUT", path], { value: 7 })).status, 200);
    assert.match(await proxy.metrics(), new RegExp(`"${lane}",.*plan="pro",beta="yes"} 7\n`));
  });

  test(`${lane}: a value that was not declared is an error that lists those that were`, async () => {
    for (const path of ["/unknown", "/missing", "/minus"]) {
      assert.equal((await ask(path)).status, 500, path);
    }
    for (const text of [
      "counter answers: label plan: expected one of free, pro",
      "counter answers: label beta: expected one of yes, no",
      "histogram wait_ms: expected a number from 0 to 2^53 - 1, got number -1",
    ]) {
      await proxy.waitFor(({ msg, tenant }) => tenant === lane && `${msg}`.includes(text));
    }
  });

  test(`${lane}: marks are seen by later hooks, and stand in the access line`, async () => {
    const { body } = await ask("/marked");
    assert.match(`${body}`, /^\{"seen":[\d.]+\}$/);
    const line = await proxy.waitFor(
      ({ msg, target, tenant }) => msg === "request" && tenant === lane && target === "/marked",
    );
    const marks = Object.entries(line.marks as Record<string, number>);
    assert.deepEqual(marks.map(([name]) => name).sort(), [
      "__proto__",
      "done",
      "seen",
      "seen-seen",
    ]);
    for (const [name, ms] of marks) assert.ok(ms >= 0 && ms <= Number(line.durationMs), name);
  });
}
