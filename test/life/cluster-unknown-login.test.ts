// A PostgreSQL that begins to want a login which no library here knows: the proxies serve on, as
// they do without it, and go on with it when it is as before.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Relay } from "../support/relay.ts";
import { Says, WANTS_UNKNOWN } from "../support/saying-server.ts";
import { newStore, server, skip } from "./cluster-server.ts";
import { flag, options, plainOrigin, until } from "./cluster-stand.ts";
import { TestProxy } from "./proxy.ts";

after(() => server?.[Symbol.asyncDispose]());

test("a login that nobody knows costs changes, and no process", { skip }, async () => {
  assert.ok(server !== null);
  await using origin = await plainOrigin();
  await using relay = await Relay.start(server.port);
  await using stranger = await Says.start(WANTS_UNKNOWN);
  const store = (await newStore()).replace(`:${server.port}/`, `:${relay.port}/`);
  await using proxy = await TestProxy.start(options(store, origin.address));
  relay.lead(stranger.port);
  await proxy.waitFor(({ msg }) => /the store does not answer/.test(msg ?? ""));
  assert.equal((await flag(proxy, 1)).status, 503);
  // it is tried again
  await until(async () => stranger.greeted > 1);
  const answer = await fetch(proxy.url, { headers: { connection: "close" } });
  assert.equal(await answer.text(), "plain");
  relay.lead(server.port);
  await until(async () => (await flag(proxy, 2)).status === 200);
  assert.equal(proxy.stderr, "");
});
