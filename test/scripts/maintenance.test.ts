// scripts/maintenance.ts: who sees the page, and who sees behind it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Stand } from "./stand.ts";

const from = (address: string) => ({ headers: { "x-forwarded-for": address } });

test("everybody but the allowed addresses gets 503 and a time to come again", async () => {
  await using stand = await Stand.start({
    script: "maintenance.ts",
    env: { MAINTENANCE: "on", ALLOWED: "192.0.2.1, 192.0.2.2", RETRY_AFTER_S: "120" },
    upstreams: { main: null },
    config: { trustedProxies: ["127.0.0.1"] },
  });
  const got = await stand.ask("/", from("192.0.2.3"));
  assert.equal(got.status, 503);
  assert.equal(got.headers["retry-after"], "120");
  assert.match(got.headers["content-type"] ?? "", /^text\/html/);
  assert.match(got.body, /being maintained/);
  assert.equal(stand.seen.length, 0);
  assert.equal((await stand.ask("/", from("192.0.2.2"))).body, "main");
});

test("an allowed address is not believed from a client that is no trusted proxy", async () => {
  await using stand = await Stand.start({
    script: "maintenance.ts",
    env: { MAINTENANCE: "on", ALLOWED: "192.0.2.1" },
    upstreams: { main: null },
  });
  assert.equal((await stand.ask("/", from("192.0.2.1"))).status, 503);
});

test("without MAINTENANCE=on requests pass", async () => {
  await using stand = await Stand.start({ script: "maintenance.ts", upstreams: { main: null } });
  assert.equal((await stand.ask("/")).body, "main");
});
