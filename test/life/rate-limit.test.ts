// Rate limits are one for all workers and cells, whatever is deployed, dies or takes over.

import assert from "node:assert/strict";
import { test } from "node:test";
import { RateLoad } from "../support/rate-load.ts";
import { CellStand } from "./cell-stand.ts";
import { TestProxy } from "./proxy.ts";

const SCRIPT = (version: number): string => `
  import { definePhases, rateLimit } from "sluice";
  const limit = rateLimit("requests",
    { limit: 500, windowMs: 3_600_000, algorithm: "fixed-window" });
  export default definePhases({
    requestFilter(session) {
      const key = session.request.headers.get("x-key") ?? "";
      const { allowed } = limit.take(key);
      return new Response("v${version}", { status: allowed ? 200 : 429 });
    },
  });
`;

const REQUESTS = 2_000;

/** One that the machine keeps from its processor beyond that runs again, and takes again. */
const PATIENT = { hookMs: 5_000 };

const start = (isolation: string): Promise<TestProxy> =>
  TestProxy.start({
    files: { "main.ts": SCRIPT(1) },
    config: {
      workers: 2,
      tenants: { demo: { hosts: ["*"], script: "main.ts", isolation, limits: PATIENT } },
    },
  });

for (const isolation of ["inline", "process"]) {
  test(`${isolation}: two workers let through exactly the limit, also over a reload`, async () => {
    await using proxy = await start(isolation);
    using load = new RateLoad(proxy.port, { connections: 64, key: "one" });
    await load.run(REQUESTS / 2);
    await proxy.write("main.ts", SCRIPT(2));
    const reloaded = proxy.waitFor((line) => line.msg === "reloaded");
    proxy.signal("SIGHUP");
    await Promise.all([load.run(REQUESTS / 2), reloaded]);
    await load.run(64);
    assert.deepEqual(load.statuses, { 200: 500, 429: REQUESTS + 64 - 500 });
    assert.ok(load.bodies.has("v2"), "the new script decides by the same limit");
    const metrics = await proxy.metrics();
    const decided = (result: string) =>
      new RegExp(`sluice_rate_limit_decisions_total\\{.*"demo".*"requests".*"${result}"\\} (\\d+)`)
        .exec(metrics)
        ?.at(1);
    assert.deepEqual([decided("allowed"), decided("refused")], ["500", `${REQUESTS + 64 - 500}`]);
    using other = new RateLoad(proxy.port, { connections: 8, key: "two" });
    await other.run(600);
    assert.deepEqual(other.statuses, { 200: 500, 429: 100 });
  });

  test(`${isolation}: a successor goes on where its predecessor was`, async () => {
    await using proxy = await start(isolation);
    using before = new RateLoad(proxy.port, { connections: 8, key: "one" });
    await before.run(300);
    proxy.signal("SIGUSR2");
    assert.equal(await proxy.exited(), 0);
    using after = new RateLoad(proxy.port, { connections: 8, key: "one" });
    await after.run(300);
    assert.deepEqual(after.statuses, { 200: 200, 429: 100 });
  });
}

test("a cell that dies lifts no limit, and counts nothing that did not come out", async () => {
  await using stand = await CellStand.start({
    files: { "subject.ts": SCRIPT(1) },
    config: { workers: 2 },
    tenants: { subject: { limits: PATIENT } },
  });
  const options = { connections: 16, key: "one", host: "subject.example" };
  using load = new RateLoad(stand.proxy.port, options);
  await load.run(100);
  const loaded = load.run(REQUESTS - 100);
  await stand.signalCells("SIGKILL");
  await loaded;
  assert.deepEqual(load.statuses, { 200: 500, 429: REQUESTS - 500 });
});
