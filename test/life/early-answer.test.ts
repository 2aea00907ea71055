// Answers that come before the request has been read to its end: they arrive whole, and what the
// client still sends is never taken for a next request (RFC 9112 section 9.6).

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { nearSide } from "./near-side.ts";
import { RawClient, values } from "./raw-client.ts";
import { type Behaviour, ok } from "./raw-origin.ts";

const { origin, proxy } = await nearSide({
  config: { limits: { bodyBytes: 50_000_000 } },
  upstream: { responseTimeoutMs: 3_000 },
});

const MEGABYTE = Buffer.alloc(1_000_000, "x");

const post = (length: number): string =>
  `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`;

/** Answers once the head is there, whatever follows. */
const atOnce = (response: string): Behaviour => {
  const answered = new WeakSet<object>();
  return (connection) => {
    if (answered.has(connection) || !connection.text.includes("\r\n\r\n")) return;
    answered.add(connection);
    connection.send(response);
  };
};

test("the answer reaches a client that is still sending, and says that it is the last", async () => {
  await origin.reset(atOnce(ok("early")));
  await using client = await RawClient.to(proxy.port);
  client.send(`${post(2_000_000)}abc`);
  const response = await client.response();
  assert.equal(response.body, "early");
  assert.deepEqual(values(response, "connection"), ["close"]);
  client.send("x".repeat(1_000_000));
  await client.closed();
  assert.equal(client.error, null, "no reset");
});

test("the rest of the body is not read as a request", async () => {
  await origin.reset(atOnce(ok("early")));
  await using client = await RawClient.to(proxy.port);
  client.send(post(1_000));
  await client.response();
  client.send("GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
  await client.closed();
  assert.equal(client.text, "");
  assert.doesNotMatch(origin.text, /smuggled/);
});

test("the origin's connection is not used again", async () => {
  await origin.reset(atOnce(ok("early")));
  for (let i = 0; i < 2; i++) {
    await using client = await RawClient.to(proxy.port);
    client.send(post(10));
    await client.response();
  }
  assert.equal(origin.connections.length, 2);
});

test("an origin that refuses an upload and closes is heard each time, not a 502", async () => {
  await origin.reset((connection) => {
    if (connection.isClosed || !connection.text.includes("\r\n\r\n")) return;
    connection.socket.write("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
    connection.socket.destroy();
  });
  const statuses = new Set<number>();
  for (let i = 0; i < 30; i++) {
    await using client = await RawClient.to(proxy.port);
    client.send(post(MEGABYTE.length)).socket.write(MEGABYTE);
    statuses.add((await client.response()).status);
  }
  assert.deepEqual([...statuses], [413]);
});

test("a streamed answer and an upload go on side by side", async () => {
  await origin.reset(atOnce("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
  await using client = await RawClient.to(proxy.port);
  client.send(post(4));
  await client.until(() => client.text.endsWith("\r\n\r\n"), "head");
  for (const byte of "ping") {
    await client.sendAlone(byte);
    await origin.until(() => origin.text.endsWith(byte), "byte");
    origin.connections[0]?.send(`1\r\n${byte}\r\n`);
    await client.until(() => client.text.endsWith(`${byte}\r\n`), "echo");
  }
  origin.connections[0]?.send("0\r\n\r\n");
  assert.equal((await client.response()).body, "ping");
});

test("a body announced too large is answered 413 before any of it is read", async () => {
  await origin.reset();
  await using client = await RawClient.to(proxy.port);
  client.send(post(50_000_001));
  assert.equal((await client.response()).status, 413);
  await client.closed();
  assert.equal(origin.text, "");
});

/** Sends so much, and reads nothing before all of it has gone. */
async function sendDeaf(client: RawClient, head: string, megabytes: number): Promise<void> {
  client.socket.pause();
  client.send(head);
  for (let i = 0; i < megabytes; i++) {
    if (!client.socket.write(MEGABYTE)) await once(client.socket, "drain");
  }
  client.socket.resume();
}

test("a client that sends all of a body too large before it reads gets its 413", async () => {
  await origin.reset();
  await using client = await RawClient.to(proxy.port);
  await sendDeaf(client, post(60_000_000), 60);
  assert.equal((await client.response()).status, 413);
  await client.closed();
  assert.equal(client.error, null, "no reset");
});

test("so does one whose body turns out to be too large", async () => {
  await origin.reset();
  await using client = await RawClient.to(proxy.port);
  const chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  await sendDeaf(client, `${chunked}${(70_000_000).toString(16)}\r\n`, 70);
  assert.equal((await client.response()).status, 413);
  await client.closed();
  assert.equal(client.error, null, "no reset");
});

test("an origin that never reads holds the client up, not the proxy's memory", async () => {
  await origin.reset(({ socket }) => socket.pause());
  await using client = await RawClient.to(proxy.port);
  client.send(post(49 * MEGABYTE.length));
  let sent = 0;
  const more = (): void => {
    while (sent < 49) {
      sent++;
      if (!client.socket.write(MEGABYTE)) return void client.socket.once("drain", more);
    }
  };
  more();
  assert.equal((await client.response()).status, 504);
  assert.ok(sent < 40, `${sent} MB were taken from the client`);
});
