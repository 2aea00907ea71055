// The end of a tunnel between real sockets, seen from the middle: what is still on its way arrives,
// and no side is kept for ever.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { connect as connectTls, createSecureContext, TLSSocket } from "node:tls";
import { ClientSocket } from "../../src/downstream/client-socket.ts";
import { factsOf, NO_PEER_CERTIFICATE } from "../../src/downstream/tls/secure.ts";
import { type TunnelTimes, tunnel } from "../../src/downstream/tunnel.ts";
import { makeCertificate } from "../support/certificates.ts";

const CERTIFICATE = await makeCertificate("DNS:a.example");
const NOTHING = Buffer.alloc(0);
/** Less than a socket holds before it asks to wait. */
const PIECE = Buffer.alloc(8_192);
const LAST = "the last words";

/** Both ends of one connection. */
async function pair(): Promise<{ near: Socket; far: Socket }> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  const far = connect({ port: address.port, host: "127.0.0.1", allowHalfOpen: true });
  const [near]: Socket[] = await once(server, "connection");
  server.close();
  assert.ok(near !== undefined);
  return { near, far };
}

/** The same over TLS, the near end as a worker has it when a connection becomes a tunnel. */
async function securePair(): Promise<{ near: Socket; far: Socket }> {
  const { near: below, far: raw } = await pair();
  const options = { isServer: true, secureContext: createSecureContext(CERTIFICATE) };
  const socket = new TLSSocket(below, options);
  const far = connectTls({ socket: raw, rejectUnauthorized: false });
  await Promise.all([once(socket, "secure"), once(far, "secureConnect")]);
  const facts = factsOf(socket, null, NO_PEER_CERTIFICATE);
  const of = { serverName: null, isResumed: false, protocol: "http/1.1", policy: "" } as const;
  const chosen = { certificateOwner: "", covers: () => true };
  const sender = new ClientSocket({ socket, secure: { ...of, chosen, facts, below } });
  return { near: sender.letGo(), far };
}

/** A tunnel between two connections, and a promise of its end. */
async function stand(times?: TunnelTimes, isSecure = false) {
  const client = await (isSecure ? securePair() : pair());
  const upstream = await pair();
  const over = Promise.withResolvers<void>();
  const begin = (): void => {
    const [down, up] = [client.near, upstream.near];
    const done = (): void => over.resolve();
    const ends = {
      client: { socket: down, head: NOTHING },
      upstream: { socket: up, head: NOTHING },
    };
    tunnel(ends, done, { isWebSocket: true, ...(times === undefined ? {} : { times }) });
  };
  const disposed = (): void => {
    for (const { near, far } of [client, upstream]) for (const end of [near, far]) end.destroy();
  };
  return { client, upstream, begin, over: over.promise, [Symbol.dispose]: disposed };
}

/** Writes until the kernel takes no more: what comes now waits in this process. */
async function fill(socket: Socket): Promise<number> {
  let sent = 0;
  for (; socket.writableLength === 0; sent += PIECE.length) {
    socket.write(PIECE);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return sent;
}

test("what waits for a slow client still arrives when the upstream is closed", async () => {
  using ends = await stand();
  const { client, upstream } = ends;
  client.far.pause();
  const sent = await fill(client.near);
  ends.begin();
  client.far.end();
  upstream.far.resume().end(LAST);
  await once(upstream.near, "close");
  assert.ok(!client.near.destroyed, "the client's side stays");
  let received = 0;
  let tail = "";
  client.far.on("data", (chunk: Buffer) => {
    received += chunk.length;
    tail = (tail + chunk.toString("latin1")).slice(-LAST.length);
  });
  client.far.resume();
  await Promise.all([ends.over, once(client.far, "close")]);
  assert.equal(tail, LAST);
  assert.equal(received, sent + LAST.length);
});

test("a client that never takes the rest is cut off", async () => {
  using ends = await stand({ idleMs: 3_600_000, endMs: 50 });
  const { client, upstream } = ends;
  client.far.pause();
  await fill(client.near);
  ends.begin();
  client.far.end();
  upstream.far.resume().end(LAST);
  await ends.over;
  assert.ok(client.near.destroyed);
});

for (const [isSecure, where] of [
  [false, "in the clear"],
  [true, "over TLS"],
] as const) {
  test(`a tunnel without a byte comes to its end (${where})`, async () => {
    using ends = await stand({ idleMs: 50, endMs: 50 }, isSecure);
    const { client, upstream } = ends;
    ends.begin();
    const farEnds = [client.far.resume(), upstream.far.resume()].map((far) => once(far, "end"));
    await Promise.all([ends.over, ...farEnds]);
  });
}

for (const [from, to] of [
  ["client", "upstream"],
  ["upstream", "client"],
] as const) {
  test(`bytes of the ${from} alone keep a tunnel over TLS open`, async () => {
    const times = { idleMs: 1_000, endMs: 50 };
    // a machine that held this process up for so long has made a pause of its own: once more
    for (let pauseMs = Infinity; pauseMs > times.idleMs / 2; ) {
      using ends = await stand(times, true);
      ends.begin();
      pauseMs = await longestPause(ends[from].far, ends[to].far, 1.5 * times.idleMs);
      if (pauseMs > times.idleMs / 2) continue;
      const { near, far } = ends[from];
      assert.deepEqual([near.destroyed, far.destroyed], [false, false]);
      ends[to].far.resume();
      await Promise.all([ends.over, once(far.resume(), "end")]);
    }
  });
}

/** A byte at a time goes from one to the other. Ends before its time if the tunnel does. */
async function longestPause(from: Socket, to: Socket, forMs: number): Promise<number> {
  for (const socket of [from, to]) socket.on("error", () => {});
  const closed = new Promise((resolve) => to.once("close", resolve));
  const startMs = performance.now();
  let [lastMs, longestMs] = [startMs, 0];
  while (lastMs - startMs < forMs && !from.destroyed && !to.destroyed) {
    from.write("x");
    await Promise.race([new Promise((resolve) => to.once("data", resolve)), closed]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - lastMs);
    lastMs = nowMs;
  }
  return longestMs;
}
