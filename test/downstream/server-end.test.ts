// The end of the near side: whatever state its connections are in, each of them is closed.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { Deadlines } from "../../src/base/clock.ts";
import { Forwarder, TrustedProxies } from "../../src/downstream/forwarded.ts";
import { ANY } from "../../src/downstream/overload.ts";
import { DownstreamServer } from "../../src/downstream/server.ts";
import { NO_TLS } from "../../src/downstream/tls/front.ts";
import { CODEC_LIMITS } from "../../src/http1/limits.ts";
import { createTransport } from "../../src/upstream/transports.ts";

const MINUTE_MS = 60_000;

function makeServer(deadlines: Deadlines): DownstreamServer {
  return new DownstreamServer({
    context: {
      route: () => null,
      around: [],
      transport: createTransport({ deadlines }),
      bodyBytesMax: 1_000,
      bodyIdleMs: MINUTE_MS,
      logged: () => {},
      refused: () => {},
    },
    connection: {
      deadlines,
      codec: CODEC_LIMITS,
      headMs: MINUTE_MS,
      bodyBytesPerSecond: 0,
      keepAliveMs: MINUTE_MS,
      clientWriteMs: MINUTE_MS,
      responseBytesPerSecond: 0,
    },
    forwarder: new Forwarder(new TrustedProxies([]), "sluice-test"),
    connections: { max: 10, name: "limits.connections" },
    http2: () => false,
    isProxied: () => false,
    connectionsPerAddress: 0,
    overload: ANY,
    overloaded: () => undefined,
    dropped: () => undefined,
    tls: NO_TLS,
  });
}

/** A client that is connected, and that the server has accepted. */
async function clientOf(server: DownstreamServer, port: number): Promise<Socket> {
  const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  client.on("error", () => {}).resume();
  await once(client, "connect");
  while (server.clients.count === 0) await new Promise(setImmediate);
  return client;
}

for (const [title, before] of [
  ["that is idle", () => {}],
  ["that is about to be closed in good order", (server: DownstreamServer) => server.close(0)],
] as const) {
  test(`the end of the server closes a connection ${title}`, async () => {
    using deadlines = new Deadlines();
    const server = makeServer(deadlines);
    const { port } = await server.listen({ host: "127.0.0.1", port: 0, reusePort: false }, 0);
    const client = await clientOf(server, port);
    const closed = new Promise((resolve) => client.once("close", resolve));
    const drained = before(server);
    server.end();
    client.end();
    await closed;
    await drained;
    while (server.clients.count > 0) await new Promise(setImmediate);
    assert.equal(server.clients.count, 0);
  });
}

test("a listener that is being opened when the server ends does not stay", async () => {
  using deadlines = new Deadlines();
  const server = makeServer(deadlines);
  const listening = server.listen({ host: "127.0.0.1", port: 0, reusePort: false }, 0);
  server.end();
  await assert.rejects(listening, /this worker ends/);
});
