// WebSockets over TLS, with `ws` on both ends: what its frames carry comes through as it was sent,
// and the proxy says goodbye when it ends.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import WebSocket, { WebSocketServer } from "ws";
import { makeCertificate } from "../support/certificates.ts";
import { laneOf } from "./lane.ts";
import { oneTenant, TestProxy } from "./proxy.ts";

const SCRIPT = `import { definePhases } from "sluice";
export default definePhases({
  requestFilter: ({ request }) => void request.headers.set("x-by", "the script"),
});`;
const PROTOCOL_FAULT = 1007;
const RESTARTS = 1012;

const { cert, key } = await makeCertificate("DNS:a.example");
const origin = createServer();
const far = new WebSocketServer({ server: origin, perMessageDeflate: { threshold: 0 } });
far.on("error", () => undefined);
far.on("connection", (socket, request) => {
  socket.on("error", () => undefined);
  if (request.url === "/closes") return socket.close(4_002, String(request.headers["x-by"]));
  return socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});
origin.listen(0, "127.0.0.1");
await once(origin, "listening");
const { port } = origin.address() as AddressInfo;
const tenant = { script: "main.ts", ...laneOf({ script: "main.ts" }) };
const proxy = await TestProxy.start({
  files: { "main.ts": SCRIPT, "own.pem": cert, "own.key": key },
  config: {
    ...oneTenant({ origin: [`127.0.0.1:${port}`] }, tenant),
    listeners: [
      { address: "127.0.0.1:0", tls: { certificates: [{ cert: "own.pem", key: "own.key" }] } },
    ],
  },
});
after(async () => {
  for (const socket of far.clients) socket.terminate();
  origin.close();
  await proxy[Symbol.asyncDispose]();
});

async function opened(path = "/", perMessageDeflate = false): Promise<WebSocket> {
  const url = `wss://127.0.0.1:${proxy.port}${path}`;
  const options = { perMessageDeflate, rejectUnauthorized: false, servername: "a.example" };
  const socket = new WebSocket(url, { ...options, headers: { host: "a.example" } });
  await once(socket, "open");
  return socket;
}

const closed = async (socket: WebSocket): Promise<readonly [number, string]> => {
  const [code, reason] = (await once(socket, "close")) as [number, Buffer];
  return [code, reason.toString()];
};

const echoed = async (socket: WebSocket): Promise<readonly [Buffer, boolean]> => {
  const [data, isBinary] = (await once(socket, "message")) as [Buffer, boolean];
  return [data, isBinary];
};

for (const isDeflated of [false, true]) {
  test(`fragments, and a megabyte, ${isDeflated ? "deflated" : "as they are"}`, async () => {
    const socket = await opened("/", isDeflated);
    assert.equal(socket.extensions.includes("permessage-deflate"), isDeflated);
    for (const part of ["one ", "two "]) socket.send(part, { fin: false });
    socket.send("three", { fin: true });
    assert.deepEqual(await echoed(socket), [Buffer.from("one two three"), false]);
    const large = Buffer.alloc(1_048_576, "0123456789abcdef");
    socket.send(large);
    const [data, isBinary] = await echoed(socket);
    assert.ok(data.equals(large) && isBinary);
    socket.terminate();
  });
}

test("pings are answered by the other end, from both sides", async () => {
  const socket = await opened();
  socket.ping("here");
  const [data] = (await once(socket, "pong")) as [Buffer];
  assert.equal(data.toString(), "here");
  const distant = [...far.clients].at(-1);
  assert.ok(distant !== undefined);
  distant.ping("there");
  const [answer] = (await once(distant, "pong")) as [Buffer];
  assert.equal(answer.toString(), "there");
  socket.terminate();
});

test("close codes and their reasons go both ways", async () => {
  assert.deepEqual(await closed(await opened("/closes")), [4_002, "the script"]);
  const socket = await opened();
  const heard = once([...far.clients].at(-1) ?? socket, "close");
  socket.close(4_001, "enough");
  assert.deepEqual(await closed(socket), [4_001, "enough"]);
  const [code, reason] = (await heard) as [number, Buffer];
  assert.deepEqual([code, reason.toString()], [4_001, "enough"]);
});

test("text that is no UTF-8 is the other end's to refuse", async () => {
  const socket = await opened();
  socket.send(Buffer.from([0xc3, 0x28]), { binary: false });
  assert.equal((await closed(socket))[0], PROTOCOL_FAULT);
});

test("a client that breaks is gone for the other end, without a close frame", async () => {
  const socket = await opened();
  const heard = once([...far.clients].at(-1) ?? socket, "close");
  socket.terminate();
  assert.equal((await heard)[0], 1_006);
});

test("when the proxy ends, a client is told to come again", async () => {
  const socket = await opened();
  const told = closed(socket);
  proxy.signal("SIGTERM");
  assert.equal((await told)[0], RESTARTS);
  assert.equal(await proxy.exited(), 0);
});
