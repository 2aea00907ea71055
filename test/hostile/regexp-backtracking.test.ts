// A regular expression that backtracks without end (ReDoS).

import assert from "node:assert/strict";
import { test } from "node:test";
import { TwoTenants } from "./two-tenants.ts";

test("a regular expression that backtracks for ever is ended, again and again", async () => {
  await using tenants = await TwoTenants.start(
    `requestFilter(session) {
      return new Response(String(/^(a+)+$/.test(session.request.headers.get("text"))));
    }`,
    { limits: { hookMs: 150 } },
  );
  const text = `Text: ${"a".repeat(40)}!\r\n`;
  for (const answer of await tenants.attackBesideNeighbour(8, text)) {
    assert.equal(answer.status, 500);
    assert.match(answer.body, /script_timeout/);
  }
  assert.equal((await tenants.attack("Text: aaa\r\n")).body, "true");
  await tenants.memoryComesBack();
});
