// 100-continue and the other interim responses (RFC 9110 sections 10.1.1 and 15.2).

import assert from "node:assert/strict";
import { test } from "node:test";
import { nearSide } from "./near-side.ts";
import { exchange, RawClient, values } from "./raw-client.ts";
import { answering, ok } from "./raw-origin.ts";

const SCRIPT = `
  import { definePhases } from "sluice";
  export default definePhases({
    requestFilter(session) {
      if (session.request.headers.has("refuse")) return new Response("no", { status: 403 });
    },
  });`;

const { origin, proxy } = await nearSide({
  tenant: { script: "main.ts" },
  files: { "main.ts": SCRIPT },
});

const post = (...lines: string[]): string =>
  `POST / HTTP/1.1\r\n${["Host: a", "Content-Length: 5", ...lines].join("\r\n")}\r\n\r\n`;
const EXPECT = "Expect: 100-continue";

test("a client that expects it gets 100, sends its body, and gets one final answer", async () => {
  await origin.reset(answering(({ body }) => ok(body)));
  await using client = await RawClient.to(proxy.port);
  client.send(post("expect: 100-Continue"));
  const interim = await client.response();
  assert.deepEqual(interim.lines, ["HTTP/1.1 100 Continue"]);
  client.send("hello");
  assert.equal((await client.response()).body, "hello");
  assert.doesNotMatch(origin.text, /expect/i);
});

test("the origin's own 100 is not passed on", async () => {
  await origin.reset(answering(`HTTP/1.1 100 Continue\r\n\r\n${ok("done")}`));
  await using client = await RawClient.to(proxy.port);
  client.send(`${post(EXPECT)}hello`);
  const statuses = [(await client.response()).status, (await client.response()).status];
  assert.deepEqual(statuses, [100, 200]);
  assert.equal((await exchange(proxy.port, `${post()}hello`)).status, 200);
});

test("a refusal comes instead of 100, and the connection is closed", async () => {
  await origin.reset();
  await using client = await RawClient.to(proxy.port);
  client.send(post(EXPECT, "Refuse: yes"));
  const response = await client.response();
  assert.equal(response.status, 403);
  assert.deepEqual(values(response, "connection"), ["close"]);
  await client.closed();
  assert.equal(origin.text, "");
});

test("no 100 comes for a request without a body", async () => {
  await origin.reset(answering(ok()));
  await using client = await RawClient.to(proxy.port);
  client.send(`GET / HTTP/1.1\r\nHost: a\r\n${EXPECT}\r\n\r\n`);
  assert.equal((await client.response()).status, 200);
});

test("102 and 103 are passed on with their fields, hop-by-hop ones apart", async () => {
  const hints =
    "HTTP/1.1 102 Processing\r\n\r\n" +
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: x-hop\r\nX-Hop: 1\r\nLink: </b>\r\n\r\n";
  await origin.reset(answering(hints + ok("final")));
  await using client = await RawClient.to(proxy.port);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  assert.deepEqual((await client.response()).lines, ["HTTP/1.1 102 Processing"]);
  assert.deepEqual((await client.response()).lines, [
    "HTTP/1.1 103 Early Hints",
    "Link: </a>",
    "Link: </b>",
  ]);
  assert.equal((await client.response()).body, "final");
});

test("a 103 arrives before the final response exists", async () => {
  await origin.reset();
  await using client = await RawClient.to(proxy.port);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await origin.until(() => origin.text.endsWith("\r\n\r\n"), "request");
  origin.connections[0]?.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  assert.equal((await client.response()).status, 103);
  origin.connections[0]?.send(ok("final"));
  assert.equal((await client.response()).body, "final");
});

test("an origin that sends interim responses without end is cut off", async () => {
  await origin.reset(answering("HTTP/1.1 102 Processing\r\n\r\n".repeat(100)));
  await using client = await RawClient.to(proxy.port);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const statuses: number[] = [];
  do statuses.push((await client.response()).status);
  while (statuses.at(-1) === 102);
  assert.equal(statuses.at(-1), 502);
  assert.ok(statuses.length <= 17, `${statuses.length} responses`);
});

test("a 101 that nobody asked for is the origin's fault", async () => {
  const switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";
  await origin.reset(answering(switching));
  assert.equal((await exchange(proxy.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")).status, 502);
});
