// A worker with too much to do answers a share of requests with 503 at once, over HTTP/1.1 and
// HTTP/2; what it has is served, and all are when it is over.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Http2Client } from "./http2-client.ts";
import { nearSide } from "./near-side.ts";
import { exchange, values } from "./raw-client.ts";
import { answering, ok } from "./raw-origin.ts";

const BOUND = 3;
const GET = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

const { origin, proxy } = await nearSide({
  config: {
    listeners: [{ address: "127.0.0.1:0", http2: true }],
    overload: { requests: BOUND },
  },
});

test("beyond the bound requests get 503 with Retry-After, and those under way are served", async () => {
  await origin.reset(() => undefined);
  await using client = await Http2Client.to(proxy.url);
  const held = Array.from({ length: BOUND + 1 }, () => client.get());
  await origin.until(() => origin.connections.length > BOUND, "all requests");
  const said = await proxy.waitFor(({ msg }) => /^overloaded: /.test(msg ?? ""));
  assert.deepEqual([said.signal, said.requests], ["requests", BOUND + 1]);
  // what is not shed waits too, so it is answered at once
  origin.behaviour = answering(() => ok("here"));
  const refusals = [];
  while (refusals.length < 2) {
    const answer = await exchange(proxy.port, GET);
    if (answer.status !== 200) refusals.push(answer);
  }
  for (const { status, body, lines } of refusals) {
    assert.equal(status, 503);
    assert.match(body, /"code":"overloaded"/);
    assert.deepEqual(values({ lines }, "retry-after"), ["1"]);
  }
  for (let status = 200; status !== 503; ) status = (await client.get()).status;
  for (const connection of origin.connections.slice(0, BOUND + 1)) connection.send(ok("at last"));
  assert.deepEqual(
    (await Promise.all(held)).map(({ status }) => status),
    Array.from(held, () => 200),
  );
  await proxy.waitFor(({ msg }) => msg === "no longer overloaded");
  assert.equal((await client.get()).status, 200);
  assert.match(await proxy.metrics(), /sluice_overloads_total\{signal="requests"\} 1\n/);
});
