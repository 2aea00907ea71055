// Upgrade: websocket. Nothing is tunnelled before a 101; behind it bytes go both ways untouched,
// half-closes are passed on, and a side that breaks takes the other with it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nearSide } from "./near-side.ts";
import { RawClient, values } from "./raw-client.ts";
import { answering, type OriginConnection, ok, requestText } from "./raw-origin.ts";

const { origin, proxy } = await nearSide();

const UPGRADE =
  "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
const SWITCHING =
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/** A tunnel that stands: the client's end, and the origin's. */
async function standing(behind = ""): Promise<{ client: RawClient; far: OriginConnection }> {
  await origin.reset();
  const client = await RawClient.to(proxy.port);
  client.send(UPGRADE);
  await origin.until(() => origin.text.endsWith("\r\n\r\n"), "request");
  const [far] = origin.connections;
  assert.ok(far !== undefined);
  far.send(SWITCHING + behind);
  assert.equal((await client.response()).status, 101);
  far.text = "";
  return { client, far };
}

test("the handshake passes both ways, with its fields", async () => {
  await origin.reset();
  await using client = await RawClient.to(proxy.port);
  client.send(UPGRADE);
  await origin.until(() => origin.text.endsWith("\r\n\r\n"), "request");
  const up = requestText(origin.text);
  assert.deepEqual(values(up, "upgrade"), ["websocket"]);
  assert.deepEqual(values(up, "connection"), ["upgrade"]);
  assert.deepEqual(values(up, "sec-websocket-version"), ["13"]);
  origin.connections[0]?.send(SWITCHING);
  const response = await client.response();
  assert.equal(response.lines[0], "HTTP/1.1 101 Switching Protocols");
  assert.deepEqual(values(response, "connection"), ["upgrade"]);
  assert.deepEqual(values(response, "upgrade"), ["websocket"]);
  assert.deepEqual(values(response, "sec-websocket-accept"), ["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="]);
  assert.deepEqual(values(response, "content-length"), []);
});

test("bytes go both ways, untouched, from the very first behind the 101", async () => {
  const { client, far } = await standing("\x81\x02hi\0\xff");
  await using _ = client;
  await client.until(() => client.text === "\x81\x02hi\0\xff", "what came with the 101");
  const all = String.fromCharCode(...Array.from({ length: 256 }, (_, code) => code));
  client.send(all);
  await origin.until(() => far.text === all, "all bytes up");
  far.send(all);
  await client.until(() => client.text.endsWith(all), "all bytes down");
});

test("bytes that a client sends before the 101 wait for it", async () => {
  await origin.reset();
  await using client = await RawClient.to(proxy.port);
  client.send(`${UPGRADE}\x81\x05early`);
  await origin.until(() => origin.text.endsWith("\r\n\r\n"), "request");
  assert.doesNotMatch(origin.text, /early/);
  origin.connections[0]?.send(SWITCHING);
  await origin.until(() => origin.text.endsWith("\x81\x05early"), "early bytes");
});

test("a large message goes both ways whole", async () => {
  const { client, far } = await standing();
  await using _ = client;
  const message = "x".repeat(5_000_000);
  client.send(message);
  await origin.until(() => far.text.length === message.length, "message up");
  far.send(message);
  await client.until(() => client.received > message.length, "message down");
});

test("a client that closes its half still hears the origin to its end", async () => {
  const { client, far } = await standing();
  await using _ = client;
  client.send("bye").endHalf();
  await origin.until(() => far.hasEnded, "its end");
  assert.equal(far.text, "bye");
  // Slowly, so that bytes still wait in the proxy when the origin has closed.
  const sip = (): void => {
    client.socket.pause();
    setImmediate(() => client.socket.resume());
  };
  client.socket.on("data", sip);
  const last = "x".repeat(30_000_000);
  far.send(last).socket.end();
  await client.until(() => client.isClosed, "close");
  assert.equal(client.text.length, last.length);
  assert.equal(client.error, null);
});

test("an origin that closes its half still hears the client to its end", async () => {
  const { client, far } = await standing();
  await using _ = client;
  far.send("bye").socket.end();
  await client.until(() => client.hasEnded, "its end");
  assert.equal(client.text, "bye");
  client.send("and more").endHalf();
  await origin.until(() => far.isClosed, "close");
  assert.equal(far.text, "and more");
});

test("a client that breaks takes the origin's side with it", async () => {
  const { client, far } = await standing();
  client.socket.resetAndDestroy();
  await origin.until(() => far.hasEnded || far.isClosed, "its end");
});

test("an origin that breaks takes the client's side with it", async () => {
  const { client, far } = await standing();
  await using _ = client;
  far.socket.resetAndDestroy();
  await client.until(() => client.hasEnded || client.isClosed, "its end");
});

test("a tunnel is one request in the log, when it is over", async () => {
  const { client, far } = await standing();
  client.send("12345");
  await origin.until(() => far.text === "12345", "bytes");
  await client[Symbol.asyncDispose]();
  far.socket.end();
  const fits = (line: Readonly<Record<string, unknown>>): boolean =>
    line.msg === "request" && line.status === 101 && line.bytesReceived === 5;
  await proxy.waitFor(fits);
});

test("a refused upgrade is a response like any other, and the next request is read", async () => {
  await origin.reset(answering(ok("no")));
  await using client = await RawClient.to(proxy.port);
  assert.equal((await client.send(UPGRADE).response()).body, "no");
  const next = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  assert.equal((await client.send(next).response()).body, "no");
  assert.equal(origin.connections.length, 2, "what was asked to switch is not used again");
});

test("bytes sent ahead of a refused upgrade are read as a request, with all its checks", async () => {
  await origin.reset(answering(ok("no")));
  await using client = await RawClient.to(proxy.port);
  client.send(`${UPGRADE}\x81\x05early`);
  assert.equal((await client.response()).status, 200);
  assert.equal((await client.response()).status, 400);
  await client.closed();
});

test("an upgrade with a body is none", async () => {
  await origin.reset(answering(({ body }) => ok(body)));
  await using client = await RawClient.to(proxy.port);
  const head = UPGRADE.replace("\r\n\r\n", "\r\nContent-Length: 2\r\n\r\n");
  assert.equal((await client.send(`${head}hi`).response()).body, "hi");
  assert.doesNotMatch(origin.text, /upgrade/i);
});

test("a switch to another protocol than was asked for is a 502", async () => {
  await origin.reset(answering(SWITCHING.replace("websocket", "h2c")));
  await using client = await RawClient.to(proxy.port);
  assert.equal((await client.send(UPGRADE).response()).status, 502);
});
