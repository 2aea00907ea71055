// Clients that close their half: what they asked for before is answered (RFC 9112 section 9.6);
// what they broke off is not.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nearSide } from "./near-side.ts";
import { RawClient } from "./raw-client.ts";
import { answering, ok } from "./raw-origin.ts";

const { origin, proxy } = await nearSide();

const GET = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";

test("a client that closes its half behind a request gets the answer", async () => {
  await origin.reset(answering(ok("late")));
  await using client = await RawClient.to(proxy.port);
  client.send(GET).endHalf();
  assert.equal((await client.response()).body, "late");
  await client.closed();
});

test("a body and the end of the half in one packet are a whole request", async () => {
  await origin.reset(answering(({ body }) => ok(body)));
  await using client = await RawClient.to(proxy.port);
  client.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello").endHalf();
  assert.equal((await client.response()).body, "hello");
  await client.closed();
});

test("pipelined requests in front of the end are all answered, in order", async () => {
  await origin.reset(answering(({ lines }) => ok(lines[0])));
  await using client = await RawClient.to(proxy.port);
  const paths = ["/1", "/2", "/3", "/4"];
  client.send(paths.map((path) => GET.replace("/a", path)).join("")).endHalf();
  for (const path of paths) {
    assert.equal((await client.response()).body, `GET ${path} HTTP/1.1`);
  }
  await client.closed();
});

test("a large answer reaches a client that closed its half and reads slowly", async () => {
  const body = "x".repeat(8_000_000);
  await origin.reset(answering(ok(body)));
  await using client = await RawClient.to(proxy.port);
  client.socket.pause();
  client.send(GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")).endHalf();
  await origin.until(() => origin.text.includes("GET /a"), "request");
  client.socket.resume();
  assert.equal((await client.response()).body.length, body.length);
  await client.closed();
});

test("a client that ends within its body aborts the request at the origin", async () => {
  await origin.reset();
  await using client = await RawClient.to(proxy.port);
  client.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
  await origin.until(() => origin.text.endsWith("hel"), "half a body");
  client.endHalf();
  await origin.until(() => origin.connections[0]?.hasEnded === true, "end");
  await client.closed();
  assert.equal(client.text, "");
});

test("a client that ends within a chunked body aborts the request at the origin", async () => {
  await origin.reset();
  await using client = await RawClient.to(proxy.port);
  client.send("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  await origin.until(() => origin.text.endsWith("hello\r\n"), "a chunk");
  client.endHalf();
  await origin.until(() => origin.connections[0]?.hasEnded === true, "end");
  assert.doesNotMatch(origin.text, /\r\n0\r\n/);
});

test("a client that ends within a head gets nothing, and the origin hears nothing", async () => {
  await origin.reset();
  await using client = await RawClient.to(proxy.port);
  client.send("GET /a HTTP/1.1\r\nHo").endHalf();
  await client.closed();
  assert.equal(client.text, "");
  assert.equal(origin.connections.length, 0);
});

test("a client that resets while the origin thinks aborts the request there", async () => {
  await origin.reset();
  await using client = await RawClient.to(proxy.port);
  client.send(GET);
  await origin.until(() => origin.text.endsWith("\r\n\r\n"), "request");
  client.socket.resetAndDestroy();
  await origin.until(() => origin.connections[0]?.hasEnded === true, "end");
  const line = await proxy.waitFor((entry) => entry.error === "client_aborted");
  assert.equal(line.status, 0);
});
