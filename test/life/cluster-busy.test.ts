// More changes at once than a proxy has connections to PostgreSQL, while somebody else holds them
// all up: who finds none is told to come again, and the proxy is as before for everybody else.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Client } from "pg";
import { CLUSTER_LIMITS } from "../../src/base/cluster-limits.ts";
import { newStore, server, skip } from "./cluster-server.ts";
import { ok, options, plainOrigin } from "./cluster-stand.ts";
import { call, list, TOKEN } from "./control.ts";
import { TestProxy } from "./proxy.ts";

after(() => server?.[Symbol.asyncDispose]());

const put = async (proxy: TestProxy, flag: string) => {
  const response = await fetch(`${proxy.admin}/v1/tenants/demo/flags/${flag}`, {
    method: "PUT",
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ value: 1 }),
  });
  const text = await response.text();
  return { status: response.status, text, retryAfter: response.headers.get("retry-after") };
};

test("a burst of changes that wait is refused in part, and no server is lost", {
  skip,
}, async () => {
  const store = await newStore();
  await using origin = await plainOrigin();
  await using proxy = await TestProxy.start(options(store, origin.address));
  const other = new Client({ connectionString: store });
  await other.connect();
  await other.query("BEGIN");
  await other.query("SELECT position FROM sluice.meta FOR UPDATE");
  const count = 2 * CLUSTER_LIMITS.connections;
  const puts = Array.from({ length: count }, (_, i) => put(proxy, `f${i}`));
  const { status, text, retryAfter } = await Promise.race(puts);
  assert.equal(status, 503, text);
  assert.match(
    text,
    /none of this proxy's connections was free within 3 s: nothing changed; try again/,
  );
  assert.match(retryAfter ?? "", /^\d+$/);
  const { body } = await call(proxy, ["GET", "/nodes"]);
  assert.deepEqual(
    list(body.nodes).map(({ state }) => String(state)),
    ["serving"],
  );
  assert.match(await proxy.metrics(), /^sluice_store_unreachable 0$/m);
  await other.query("ROLLBACK");
  await other.end();
  const statuses = (await Promise.all(puts)).map((answer) => answer.status);
  assert.deepEqual(new Set(statuses), new Set([200, 503]));
  ok(await call(proxy, ["PUT", "/tenants/demo/flags/later"], { value: 1 }));
  assert.ok(!proxy.lines.some(({ msg }) => /the store (does not|cannot)/.test(msg ?? "")));
});
