// A live tail ends with what it was opened for: its token, and its tenant.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Tails } from "../../src/fleet/main/tails.ts";
import { call } from "./control.ts";
import { oneTenant, TestProxy } from "./proxy.ts";
import { TailReader, TOKEN } from "./tail-reader.ts";

const start = () =>
  TestProxy.start({
    config: { ...oneTenant({ origin: ["127.0.0.1:9"] }), store: "memory", workers: 2 },
    env: { SLUICE_ADMIN_TOKEN: TOKEN },
  });

const guest = { hosts: ["guest.test"], upstreams: { pages: { peers: ["127.0.0.1:9"] } } };

const done = async (
  proxy: TestProxy,
  what: readonly [method: string, path: string],
  body?: unknown,
) => {
  const answer = await call(proxy, what, body, TOKEN);
  assert.ok(answer.status < 300, JSON.stringify(answer.body));
  return answer.body;
};

test("a revoked token's tail has ended when the revocation is answered, and others go on", async () => {
  await using proxy = await start();
  const { id, token } = await done(proxy, ["POST", "/tokens"], { role: "reader", tenant: "demo" });
  await using revoked = await TailReader.open(proxy, "", "demo", String(token));
  await using other = await TailReader.open(proxy);
  await done(proxy, ["DELETE", `/tokens/${id}`]);
  await fetch(proxy.url, { headers: { connection: "close" } });
  assert.equal((await other.next())?.msg, "request");
  assert.equal(await revoked.next(), null);
});

test("a tail ends with its tenant, and shows nothing of the next one of that name", async () => {
  await using proxy = await start();
  await done(proxy, ["PUT", "/tenants/guest"], guest);
  const token = await done(proxy, ["POST", "/tokens"], { role: "reader", tenant: "guest" });
  await using own = await TailReader.open(proxy, "", "guest", String(token.token));
  await using operators = await TailReader.open(proxy, "", "guest");
  await using all = await TailReader.open(proxy, "", null);
  await done(proxy, ["DELETE", "/tenants/guest"]);
  await done(proxy, ["PUT", "/tenants/guest"], guest);
  await fetch(proxy.url, { headers: { connection: "close" } });
  assert.equal((await all.next())?.msg, "request");
  assert.deepEqual([await own.next(), await operators.next()], [null, null]);
});

test("a tail whose token has expired ends with the next sign of life", async (context) => {
  context.mock.timers.enable({ apis: ["setInterval"] });
  let mayRead = true;
  const ended = Promise.withResolvers<void>();
  const told: number[] = [];
  const tails = new Tails(async (subscriptions) => void told.push(subscriptions.length));
  const reader = { mayRead: async () => mayRead, write: () => {}, end: ended.resolve };
  const filter = { tenant: null, statuses: [], hook: null, slowMs: null, search: null };
  await tails.open({ ...filter, version: null }, reader);
  context.mock.timers.tick(15_000);
  mayRead = false;
  context.mock.timers.tick(15_000);
  await ended.promise;
  await new Promise(setImmediate);
  assert.deepEqual(told, [1, 0]);
  tails.close();
});
