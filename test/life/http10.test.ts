// Clients that speak HTTP/1.0: no chunks, no 1xx, no upgrade, and the connection is kept only if
// they ask for it.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { nearSide } from "./near-side.ts";
import { RawClient, values } from "./raw-client.ts";
import { answering, ok, RawOrigin, requestText } from "./raw-origin.ts";

const folder = await mkdtemp(join(tmpdir(), "sluice-http10-"));
after(() => rm(folder, { recursive: true }));
const socketOrigin = await RawOrigin.start(answering(ok("hi")), join(folder, "app.sock"));
after(() => socketOrigin[Symbol.asyncDispose]());

const { origin, proxy } = await nearSide({
  groups: { socket: { peers: [socketOrigin.address] } },
  tenant: { routes: [{ path: "/socket", upstream: "socket" }] },
});

const CHUNKS =
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nSum: 1\r\n\r\n";

async function ask(request: string, response: string) {
  await origin.reset(answering(response));
  const client = await RawClient.to(proxy.port);
  client.send(request);
  return client;
}

test("the connection is closed behind the answer", async () => {
  await using client = await ask("GET / HTTP/1.0\r\nHost: a\r\n\r\n", ok("hi"));
  const response = await client.response();
  assert.equal(response.body, "hi");
  assert.deepEqual(values(response, "connection"), ["close"]);
  await client.closed();
});

test("the connection is kept if the client asks for it", async () => {
  const request = "GET / HTTP/1.0\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n";
  await using client = await ask(request, ok("hi"));
  for (let i = 0; i < 2; i++) {
    const response = await client.response();
    assert.equal(response.body, "hi");
    assert.deepEqual(values(response, "connection"), ["keep-alive"]);
    if (i === 0) client.send(request);
  }
});

test("a body of unknown length ends with the connection, in no chunks", async () => {
  const request = "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n";
  await using client = await ask(request, CHUNKS);
  await client.closed();
  const [head = "", body] = client.text.split("\r\n\r\n");
  assert.equal(body, "hello");
  assert.doesNotMatch(head, /transfer-encoding|keep-alive/i);
  assert.match(head, /\r\nConnection: close/);
});

test("the origin is asked in HTTP/1.1, Via tells the truth, and a Host is there", async () => {
  await using client = await ask("GET / HTTP/1.0\r\n\r\n", ok("hi"));
  assert.equal((await client.response()).body, "hi");
  const up = requestText(origin.text);
  assert.equal(up.lines[0], "GET / HTTP/1.1");
  assert.equal(values(up, "host").length, 1);
  assert.match(values(up, "via").join(), /^1\.0 /);
});

test("an origin behind a UNIX socket gets a Host that is one, not a path", async () => {
  await using client = await ask("GET /socket HTTP/1.0\r\n\r\n", "");
  assert.equal((await client.response()).body, "hi");
  assert.deepEqual(values(requestText(socketOrigin.text), "host"), ["localhost"]);
});

test("interim responses are not for them", async () => {
  const interim = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n";
  await using client = await ask("GET / HTTP/1.0\r\nHost: a\r\n\r\n", interim + ok("hi"));
  await client.closed();
  assert.match(client.text, /^HTTP\/1\.1 200 /);
});

test("Expect is ignored", async () => {
  const request = "POST / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  await using client = await ask(request, ok("hi"));
  await origin.until(() => origin.text.includes("\r\n\r\n"), "head");
  client.send("hi");
  await client.closed();
  assert.match(client.text, /^HTTP\/1\.1 200 /);
});

test("Upgrade is ignored", async () => {
  const upgrade = "Connection: upgrade\r\nUpgrade: websocket\r\n";
  await using client = await ask(`GET / HTTP/1.0\r\nHost: a\r\n${upgrade}\r\n`, ok("hi"));
  assert.equal((await client.response()).status, 200);
  assert.doesNotMatch(origin.text, /upgrade/i);
});
