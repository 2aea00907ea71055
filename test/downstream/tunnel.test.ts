// A tunnel that the proxy ends: the close frame stands between two frames, never within one.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { test } from "node:test";
import { tunnel } from "../../src/downstream/tunnel.ts";

const FRAME = Buffer.from([0x82, 6, 1, 2, 3, 4, 5, 6]);
const CLOSE = Buffer.from([0x88, 2, 0x03, 0xf4]);
const NOTHING = Buffer.alloc(0);

/** What comes until the other side's end; its own half stays open. */
async function read(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(socket, "end");
  return Buffer.concat(chunks);
}

/** Both ends of a connection. */
async function pair(server: Server): Promise<[Socket, Socket]> {
  const bound = server.address();
  assert.ok(typeof bound === "object" && bound !== null);
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  const far = connect({ port: bound.port, host: "127.0.0.1", allowHalfOpen: true });
  const near = await accepted;
  return [near, far];
}

async function stand(isWebSocket = true) {
  const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const [client, farClient] = await pair(server);
  const [upstream, farUpstream] = await pair(server);
  const over = Promise.withResolvers<number[]>();
  const tunnelEnds = {
    client: { socket: client, head: NOTHING },
    upstream: { socket: upstream, head: NOTHING },
  };
  const passing = tunnel(tunnelEnds, (...b) => over.resolve(b), { isWebSocket });
  const disposed = async (): Promise<void> => {
    for (const socket of [client, upstream, farClient, farUpstream]) socket.destroy();
    server.close();
    await once(server, "close");
  };
  const parts = { passing, farClient, farUpstream, upstream, over: over.promise };
  return { ...parts, [Symbol.asyncDispose]: disposed };
}

test("between two frames the client gets the close frame at once, and its answer goes up", async () => {
  await using ends = await stand();
  const got = read(ends.farClient);
  const upstreamGot = read(ends.farUpstream);
  ends.passing.close();
  assert.deepEqual(await got, CLOSE);
  ends.farClient.end("bye");
  assert.equal((await upstreamGot).toString(), "bye");
  ends.farUpstream.end();
  assert.deepEqual(await ends.over, [3, 4]);
});

test("within a frame the rest of it goes first, and what follows it is dropped", async () => {
  await using ends = await stand();
  const got = read(ends.farClient);
  ends.farUpstream.write(FRAME.subarray(0, 3));
  await once(ends.upstream, "data");
  ends.passing.close();
  ends.farUpstream.write(Buffer.concat([FRAME.subarray(3), FRAME]));
  assert.deepEqual(await got, Buffer.concat([FRAME, CLOSE]));
  ends.farClient.end();
  ends.farUpstream.end();
  await ends.over;
});

test("a side that neither answers nor ends is cut off", async () => {
  await using ends = await stand();
  ends.farUpstream.write(FRAME.subarray(0, 3));
  await once(ends.upstream, "data");
  ends.passing.close();
  ends.farClient.resume();
  await ends.over;
});

test("what is no WebSocket gets no frame: its client's side ends, and its last words go up", async () => {
  await using ends = await stand(false);
  ends.farUpstream.write("\x81\x7f");
  await once(ends.farClient, "data");
  const got = read(ends.farClient);
  const upstreamGot = read(ends.farUpstream);
  ends.passing.close();
  assert.equal((await got).length, 0);
  ends.farClient.end("bye");
  assert.equal((await upstreamGot).toString(), "bye");
  ends.farUpstream.end();
  await ends.over;
});
