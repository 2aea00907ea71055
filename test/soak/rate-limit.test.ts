// A hundred thousand decisions from 64 connections over two workers, over a reload, in both lanes:
// exactly as many are let through as the limit says.

import assert from "node:assert/strict";
import { test } from "node:test";
import { TestProxy } from "../life/proxy.ts";
import { RateLoad } from "../support/rate-load.ts";

const REQUESTS = 100_000;
const LIMIT = 1_000;

const SCRIPT = (version: number): string => `
  import { definePhases, rateLimit } from "sluice";
  const limit = rateLimit("requests",
    { limit: ${LIMIT}, windowMs: 86_400_000, algorithm: "fixed-window" });
  let random = ${version} * 1e9;
  export default definePhases({
    requestFilter(session) {
      // ten keys that nobody has seen before, beside the one that counts
      for (let i = 0; i < 10; i++) limit.take("random " + random++);
      const { allowed } = limit.take(session.request.headers.get("x-key") ?? "");
      return new Response("v${version}", { status: allowed ? 200 : 429 });
    },
  });
`;

for (const isolation of ["inline", "process"]) {
  test(`${isolation}: exactly ${LIMIT} of ${REQUESTS}, beside a flood of keys`, async () => {
    await using proxy = await TestProxy.start({
      files: { "main.ts": SCRIPT(1) },
      config: { workers: 2, tenants: { demo: { hosts: ["*"], script: "main.ts", isolation } } },
    });
    using load = new RateLoad(proxy.port, { connections: 64, key: "one" });
    for (let sent = 0; sent < REQUESTS; sent += REQUESTS / 10) {
      if (sent === REQUESTS / 2) {
        await proxy.write("main.ts", SCRIPT(2));
        proxy.signal("SIGHUP");
      }
      await load.run(REQUESTS / 10);
    }
    assert.ok(load.bodies.has("v2"));
    assert.deepEqual(load.statuses, { 200: LIMIT, 429: REQUESTS - LIMIT });
  });
}
