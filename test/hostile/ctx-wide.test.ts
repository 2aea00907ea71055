// A ctx with keys by the hundred thousand, and one with a million.

import assert from "node:assert/strict";
import { test } from "node:test";
import { TwoTenants } from "./two-tenants.ts";

const HOOKS = `
  newCtx: () => ({ all: {} }),
  requestFilter(session, ctx) {
    const keys = Number(session.request.headers.get("keys"));
    for (let i = 0; i < keys; i++) ctx.all["key" + i] = i;
  },
  logging() {}`;

test("a ctx with a hundred thousand keys is refused for its size, and fails alone", async () => {
  await using tenants = await TwoTenants.start(HOOKS, {
    limits: { hookMs: 10_000, memoryMiB: 256 },
  });
  for (const answer of await tenants.attackBesideNeighbour(2, "Keys: 100000\r\n")) {
    assert.equal(answer.status, 500);
    assert.match(answer.body, /script_ctx/);
  }
  await tenants.proxy.waitFor(({ msg }) => /ctx has 1677789 characters/.test(msg ?? ""));
  await tenants.memoryComesBack();
});

test("a ctx with a million keys has no time to become one, and fails alone", async () => {
  await using tenants = await TwoTenants.start(HOOKS, {
    limits: { hookMs: 50, memoryMiB: 256 },
  });
  for (const answer of await tenants.attackBesideNeighbour(2, "Keys: 1e6\r\n")) {
    assert.equal(answer.status, 500);
    assert.match(answer.body, /script_timeout/);
  }
  await tenants.memoryComesBack();
});
