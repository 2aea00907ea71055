// scripts/retry.ts: what is tried again at the backup, and what is not.

import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { test } from "node:test";
import { Stand } from "./stand.ts";

/** Takes the request and hangs up. */
const hangUp = (request: IncomingMessage): void => {
  request.socket.destroy();
};

test("a peer that refuses the connection is passed over, whatever the method", async () => {
  const upstreams = { primary: "nobody", backup: null } as const;
  await using stand = await Stand.start({ script: "retry.ts", upstreams });
  assert.equal((await stand.ask("/")).body, "backup");
  assert.equal((await stand.ask("/", { method: "POST", body: "x" })).body, "backup");
  await stand.proxy.waitFor(() => stand.proxy.scriptLines().length === 2);
  assert.match(stand.proxy.scriptLines()[0] ?? "", /^127\.0\.0\.1:\d+: connect_refused$/);
});

test("a GET is repeated when the peer hangs up, a POST is not", async () => {
  const upstreams = { primary: hangUp, backup: null };
  await using stand = await Stand.start({ script: "retry.ts", upstreams });
  assert.equal((await stand.ask("/")).body, "backup");
  const got = await stand.ask("/", { method: "POST", body: "x" });
  assert.equal(got.status, 502);
  const groups = stand.seen.map(({ group, method }) => `${method} ${group}`);
  assert.deepEqual(groups, ["GET primary", "GET backup", "POST primary"]);
});

test("when the backup fails too the client gets 502 after two retries", async () => {
  const upstreams = { primary: hangUp, backup: hangUp };
  await using stand = await Stand.start({ script: "retry.ts", upstreams });
  assert.equal((await stand.ask("/")).status, 502);
  const groups = stand.seen.map(({ group }) => group);
  assert.deepEqual(groups, ["primary", "backup", "backup"]);
});
