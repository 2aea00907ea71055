// What one client may take: connections and requests of its address, without a script, over
// HTTP/1.1 and HTTP/2; and what a tenant's clients may together.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Http2Client } from "./http2-client.ts";
import { nearSide } from "./near-side.ts";
import { RawClient, values } from "./raw-client.ts";
import { answering, ok } from "./raw-origin.ts";

const CONNECTIONS = 2;
const REQUESTS = 3;
const AT_ONCE = 2;
/** Longer than the test takes: the bucket does not fill again. */
const WINDOW_MS = 3_600_000;
const OTHER = "127.0.0.9";
const PROXY = "127.0.0.10";

const { origin, proxy } = await nearSide({
  config: {
    listeners: [{ address: "127.0.0.1:0", http2: true }],
    limits: { connectionsPerAddress: CONNECTIONS },
    trustedProxies: [PROXY],
  },
  tenant: {
    requestsAtOnce: AT_ONCE,
    routes: [
      { path: "/limited", requestLimit: { requests: REQUESTS, windowMs: WINDOW_MS } },
      {
        path: "/sliding",
        requestLimit: {
          ...{ requests: REQUESTS, windowMs: WINDOW_MS },
          ...{ algorithm: "sliding-window", by: "everybody" },
        },
      },
    ],
  },
});

const request = (path: string, more = ""): string =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;

test("requests of one address beyond its limit get 429, which says when to come again", async () => {
  await origin.reset(answering(() => ok("here")));
  await using client = await RawClient.to(proxy.port);
  for (let i = 0; i < REQUESTS; i++) {
    assert.equal((await client.send(request("/limited/x")).response()).status, 200);
  }
  const refusal = await client.send(request("/limited")).response();
  assert.equal(refusal.status, 429);
  assert.match(refusal.body, /"code":"too_many_requests"/);
  const [retryAfter] = values(refusal, "retry-after");
  const perRequestS = WINDOW_MS / REQUESTS / 1_000;
  assert.ok(Number(retryAfter) > perRequestS / 2 && Number(retryAfter) <= perRequestS);
  // elsewhere it may, on the same connection, and others may here
  assert.equal((await client.send(request("/")).response()).status, 200);
  await using other = await RawClient.to(proxy.port, OTHER);
  assert.equal((await other.send(request("/limited")).response()).status, 200);
  await using http2 = await Http2Client.to(proxy.url);
  const answer = await http2.get("/limited");
  assert.equal(answer.status, 429);
  // the same place in the same bucket, some time later
  const later = Number(answer.headers["retry-after"]);
  assert.ok(later > perRequestS / 2 && later <= Number(retryAfter), `${later} of ${retryAfter}`);
});

test("behind a trusted proxy each client it names has a limit of its own", async () => {
  await origin.reset(answering(() => ok("here")));
  await using client = await RawClient.to(proxy.port, PROXY);
  const statuses: number[] = [];
  for (const address of ["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4", "192.0.2.1"]) {
    const more = `X-Forwarded-For: ${address}\r\n`;
    statuses.push((await client.send(request("/limited", more)).response()).status);
  }
  // the first four are one client's: a /64
  assert.deepEqual(statuses, [200, 200, 200, 429, 200]);
});

test("a limit of everybody counts all together", async () => {
  await origin.reset(answering(() => ok("here")));
  await using client = await RawClient.to(proxy.port);
  await using other = await RawClient.to(proxy.port, OTHER);
  for (const one of [client, other, client]) {
    assert.equal((await one.send(request("/sliding")).response()).status, 200);
  }
  assert.equal((await other.send(request("/sliding")).response()).status, 429);
});

test("the limits are listed as a script's are, and in the metrics", async () => {
  const metrics = await proxy.metrics();
  const line = 'sluice_rate_limit_decisions_total{tenant="demo",name="requestLimit /limited"';
  assert.match(metrics, new RegExp(`^${line},result="refused"\\} 3$`, "m"));
});

test("an address has so many connections, is told so beyond, and its proxy may have any", async () => {
  await origin.reset(answering(() => ok("here")));
  const clients: RawClient[] = [];
  for (let i = 0; i < CONNECTIONS; i++) clients.push(await RawClient.to(proxy.port));
  for (const client of clients) {
    assert.equal((await client.send(request("/")).response()).status, 200);
  }
  await using late = await RawClient.to(proxy.port);
  const refusal = await late.send(request("/")).response();
  assert.equal(refusal.status, 429);
  assert.deepEqual(values(refusal, "retry-after"), ["1"]);
  await late.closed();
  await using other = await RawClient.to(proxy.port, OTHER);
  assert.equal((await other.send(request("/")).response()).status, 200);
  for (let i = 0; i < CONNECTIONS + 1; i++) {
    await using trusted = await RawClient.to(proxy.port, PROXY);
    assert.equal((await trusted.send(request("/")).response()).status, 200);
  }
  for (const client of clients) await client[Symbol.asyncDispose]();
  // the proxy sees the end of a connection some time after the client
  for (let status = 0; status !== 200; ) {
    await using again = await RawClient.to(proxy.port);
    status = (await again.send(request("/")).response()).status;
  }
});

test("requests of a tenant beyond what may be under way get 503, and are served afterwards", async () => {
  await origin.reset(() => undefined);
  await using held = await Http2Client.to(proxy.url);
  const waiting = Array.from({ length: AT_ONCE }, (_, i) => held.get(`/${i}`));
  await origin.until(() => origin.connections.length === AT_ONCE, "both requests");
  const refusal = await held.get("/late");
  assert.deepEqual([refusal.status, refusal.headers["retry-after"]], [503, "1"]);
  assert.match(refusal.body, /"code":"overloaded"/);
  for (const connection of origin.connections) connection.send(ok("at last"));
  assert.deepEqual(
    (await Promise.all(waiting)).map(({ status }) => status),
    [200, 200],
  );
  await origin.reset(answering(() => ok("here")));
  assert.equal((await held.get("/again")).status, 200);
});
