// Clients that begin TLS handshakes and do not end them, or begin more than anybody needs.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { after, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { TestProxy } from "../life/proxy.ts";
import { get, secured, until } from "../life/tls-client.ts";
import { makeCertificate } from "../support/certificates.ts";

/** Twenty handshakes at once are done within it on a busy machine. */
const HANDSHAKE_MS = 5_000;

const { cert, key } = await makeCertificate("DNS:a.example");
const tls = { certificates: [{ cert: "s.pem", key: "s.key" }] };
const proxy = await TestProxy.start({
  files: { "s.pem": cert, "s.key": key },
  config: {
    timeouts: { handshakeMs: HANDSHAKE_MS },
    limits: { handshakesPerSecond: 8 },
    trustedProxies: ["127.0.0.3"],
    listeners: [{ address: "127.0.0.1:0", tls }],
    tenants: { a: { hosts: ["a.example"], routes: [{ path: "/", answer: { status: 204 } }] } },
  },
});
after(() => proxy[Symbol.asyncDispose]());

const from = (localAddress: string): Socket =>
  connect({ port: proxy.port, host: "127.0.0.1", localAddress });

async function outcome(localAddress: string): Promise<string> {
  try {
    const { socket } = await secured(proxy.port, { socket: from(localAddress) });
    socket.destroy();
    return "served";
  } catch {
    return "closed";
  }
}

/** The first message of a client, as it is sent. */
async function hello(): Promise<Buffer> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new TypeError("it has a port");
  const client = connectTls({ port: address.port, host: "127.0.0.1", servername: "a.example" });
  client.on("error", () => undefined);
  const [socket]: Socket[] = await once(server, "connection");
  assert.ok(socket !== undefined);
  const [bytes] = await once(socket, "data");
  client.destroy();
  socket.destroy();
  server.close();
  return bytes;
}

test("a client that is silent is let go, at whichever step it stops", async () => {
  const whole = await hello();
  const steps = [Buffer.alloc(0), whole.subarray(0, 3), whole.subarray(0, 99), whole];
  await Promise.all(
    steps.map(async (sent) => {
      const socket = from("127.0.0.2").on("error", () => undefined);
      socket.resume().write(sent);
      await once(socket, "close");
    }),
  );
  assert.match(await proxy.metrics(), /^sluice_tls_handshakes_total\{result="failed"\} 4$/m);
});

test("an address that begins too many handshakes is let go unread; others are served", async () => {
  const flood = await Promise.all(Array.from({ length: 60 }, () => outcome("127.0.0.4")));
  assert.ok(flood.includes("served"), flood.join());
  assert.ok(flood.filter((one) => one === "closed").length >= 20, flood.join());
  assert.match(await proxy.metrics(), /^sluice_tls_handshakes_total\{result="limited"\} \d+$/m);
  const { socket } = await secured(proxy.port, {
    ...{ servername: "a.example", socket: from("127.0.0.5") },
  });
  assert.match(await until(socket, get("a.example", "/", "Connection: close\r\n")), / 204 /);
});

test("nobody has a second handshake within a connection, where none is counted", async () => {
  const { socket } = await secured(proxy.port, {
    ...{ maxVersion: "TLSv1.2", socket: from("127.0.0.6") },
  });
  const end = await new Promise<string>((resolve) => {
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(String(error.code)));
    socket.renegotiate({ rejectUnauthorized: false }, () => resolve("there was one"));
  });
  assert.match(end, /NO_RENEGOTIATION/);
  socket.destroy();
});

test("a trusted proxy, which has many clients, may begin any number", async () => {
  const many = await Promise.all(Array.from({ length: 20 }, () => outcome("127.0.0.3")));
  assert.deepEqual(new Set(many), new Set(["served"]), many.join());
});
