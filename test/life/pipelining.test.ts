// Requests that come before the last was answered: in order, one at a time, and bounded.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nearSide } from "./near-side.ts";
import { RawClient } from "./raw-client.ts";
import { answering, ok } from "./raw-origin.ts";

const { origin, proxy } = await nearSide({
  config: { timeouts: { clientWriteMs: 3_000 } },
});

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const echo = answering(({ lines, body }) => ok(`${lines[0]} ${body}`));

test("answers come in the order of the requests, bodies between them or not", async () => {
  await origin.reset(echo);
  await using client = await RawClient.to(proxy.port);
  client.send(
    get("/1") +
      "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" +
      "POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\n" +
      `\r\n${get("/4")}`,
  );
  const bodies: string[] = [];
  for (let i = 0; i < 4; i++) bodies.push((await client.response()).body);
  assert.match(bodies.join("; "), /^GET \/1 .*; POST \/2 .* abc; POST \/3 .*de.*; GET \/4 .*$/s);
});

test("the next request is not begun before the last is answered", async () => {
  await origin.reset();
  await using client = await RawClient.to(proxy.port);
  client.send(get("/1") + get("/2"));
  await origin.until(() => origin.text.includes("/1"), "first request");
  const [first] = origin.connections;
  first?.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na");
  await client.until(() => client.text.endsWith("\r\n\r\na"), "half an answer");
  assert.doesNotMatch(origin.text, /\/2/);
  first?.send("b");
  await origin.until(() => origin.text.includes("/2"), "second request");
});

test("4,000 requests on one connection are all answered, in order", async () => {
  // What was answered is forgotten: text that only grows would cost its square in time.
  await origin.reset((connection) => {
    for (const [, path] of connection.text.matchAll(/^GET (\S+) .*?\r\n\r\n/gms)) {
      connection.send(ok(path));
    }
    connection.text = connection.text.slice(connection.text.lastIndexOf("\r\n\r\n") + 4);
  });
  await using client = await RawClient.to(proxy.port);
  const count = 4_000;
  client.send(Array.from({ length: count }, (_, i) => get(`/${i}`)).join(""));
  for (let i = 0; i < count; i++) assert.equal((await client.response()).body, `/${i}`);
  assert.ok(origin.connections.length < 10, "the origin sees few connections");
});

test("bytes behind a body are the next request, with all its checks", async () => {
  await origin.reset(echo);
  await using client = await RawClient.to(proxy.port);
  client.send(`POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /2 HTTP/1.1\r\n\r\n`);
  assert.match((await client.response()).body, /abc$/);
  assert.equal((await client.response()).status, 400);
  await client.closed();
  assert.doesNotMatch(origin.text, /\/2/);
});

test("what follows Connection: close is not read", async () => {
  await origin.reset(echo);
  await using client = await RawClient.to(proxy.port);
  client.send(`GET /1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n${get("/2")}`);
  await client.response();
  await client.closed();
  assert.equal(client.text, "");
  assert.doesNotMatch(origin.text, /\/2/);
});

test("who asks on and on but never reads is held up, then cut off", async () => {
  await origin.reset(answering(ok("x".repeat(60_000))));
  await using client = await RawClient.to(proxy.port);
  client.socket.pause();
  client.send(get("/x").repeat(300_000));
  await client.until(() => client.isClosed, "close");
  const asked = origin.text.split("GET /x").length - 1;
  assert.ok(asked < 1_000, `the origin was asked ${asked} times for what nobody reads`);
});
