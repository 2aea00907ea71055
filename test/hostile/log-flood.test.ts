// Log lines by the million, and lines of a megabyte. Only as much as fits into the window between a
// worker and the log is counted: what is beyond may be dropped, and is counted elsewhere.

import assert from "node:assert/strict";
import { test } from "node:test";
import { TwoTenants } from "./two-tenants.ts";

test("a flood of log lines is cut to 256 lines a call, and each line to its limit", async () => {
  await using tenants = await TwoTenants.start(
    `requestFilter() {
      const line = "x".repeat(1e6);
      for (let i = 0; i < 8; i++) console.log(line);
      for (let i = 0; i < 1e5; i++) console.log("short");
      return new Response("done");
    }`,
    { limits: { hookMs: 10_000 } },
  );
  for (const answer of await tenants.attackBesideNeighbour(2)) {
    assert.deepEqual([answer.status, answer.body], [200, "done"]);
  }
  const cuts = () => tenants.attackerLines().filter(({ msg }) => /more than 256/.test(msg ?? ""));
  await tenants.proxy.waitFor(() => cuts().length === 2);
  assert.equal(tenants.attackerLines().length, 2 * 257);
  assert.ok(tenants.attackerLines().every(({ msg }) => (msg ?? "").length <= 8_192));
  await tenants.memoryComesBack();
});

test("an endless flood of log lines ends with its time", async () => {
  await using tenants = await TwoTenants.start(
    'requestFilter() { const line = "x".repeat(1e6); for (;;) console.log(line); }',
    { limits: { hookMs: 200 } },
  );
  for (const answer of await tenants.attackBesideNeighbour(2)) {
    assert.match(answer.body, /script_timeout/);
  }
  await tenants.memoryComesBack();
});
