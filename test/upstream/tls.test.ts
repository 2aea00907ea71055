// TLS towards peers: whose certificate is accepted, what is sent, what is shared and resumed, and
// how a handshake fails. What is spoken inside is the life-cycle table's.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createTcpServer, type Socket } from "node:net";
import { test } from "node:test";
import { createServer, type Server, type TLSSocket, type TlsOptions } from "node:tls";
import type { TlsCredentials } from "../../src/base/config/types.ts";
import { toPeer } from "../../src/upstream/peer.ts";
import { DEFAULT_CREDENTIALS } from "../../src/upstream/peer-tls.ts";
import type { Peer } from "../../src/upstream/transport.ts";
import { makeCertificate } from "../support/certificates.ts";
import { Recorder, request } from "./recorder.ts";
import { CERTIFICATE, OK, Stand } from "./stand.ts";

const KINDS = ["sluice", "undici"] as const;
const TRUSTING: TlsCredentials = { ...DEFAULT_CREDENTIALS, ca: CERTIFICATE.cert };
const BLIND: TlsCredentials = { ...DEFAULT_CREDENTIALS, verify: false };

interface Handshake {
  readonly servername: TLSSocket["servername"];
  readonly alpnProtocol: TLSSocket["alpnProtocol"];
  readonly isResumed: boolean;
}

/** A server that answers each read with OK, and keeps what it saw of each handshake. */
class TlsOrigin implements AsyncDisposable {
  readonly server: Server;
  readonly seen: Handshake[] = [];
  readonly #open = new Set<Socket>();

  private constructor(options: TlsOptions) {
    this.server = createServer({ ...CERTIFICATE, ...options });
    this.server.on("connection", (socket: Socket) => this.#open.add(socket));
    this.server.on("tlsClientError", () => {});
    this.server.on("secureConnection", (socket) => {
      const { servername, alpnProtocol } = socket;
      this.seen.push({ servername, alpnProtocol, isResumed: socket.isSessionReused() });
      socket.on("error", () => {});
      socket.on("data", () => socket.write(OK));
    });
  }

  static async listen(options: TlsOptions = {}): Promise<TlsOrigin> {
    const origin = new TlsOrigin(options);
    origin.server.listen(0, "127.0.0.1");
    await once(origin.server, "listening");
    return origin;
  }

  /** The trusting one if nothing else is said. */
  peer(kind: Peer["transport"], sni: string | null, credentials = TRUSTING): Peer {
    const address = this.server.address();
    assert.ok(typeof address === "object" && address !== null);
    const tls = { sni, credentials };
    const peer = toPeer(`127.0.0.1:${address.port}`, { transport: kind, tls });
    assert.ok(peer !== null);
    return peer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    this.server.close();
    await once(this.server, "close");
  }
}

for (const kind of KINDS) {
  test(`${kind}: the SNI is sent, and the certificate is checked for it`, async () => {
    using stand = new Stand({ kind });
    await using origin = await TlsOrigin.listen();
    const { connection } = await stand.exchange(origin.peer(kind, "origin.test"));
    assert.equal(connection.facts.tls, true);
    assert.deepEqual(origin.seen, [
      { servername: "origin.test", alpnProtocol: false, isResumed: false },
    ]);
    const borrowing = stand.borrow(origin.peer(kind, "other.test"));
    await assert.rejects(borrowing, ({ code, message }) => {
      assert.equal(code, "tls_failed");
      assert.match(message, /^Cannot connect to 127\.0\.0\.1:\d+: TLS: .*other\.test.*altnames/);
      return true;
    });
  });

  test(`${kind}: without an SNI the address itself is checked, and none is sent`, async () => {
    using stand = new Stand({ kind });
    await using origin = await TlsOrigin.listen();
    await stand.exchange(origin.peer(kind, null));
    assert.equal(origin.seen[0]?.servername, false);
    await using named = await TlsOrigin.listen(await makeCertificate("DNS:origin.test"));
    const peer = named.peer(kind, null, TRUSTING);
    await assert.rejects(stand.borrow(peer), { code: "tls_failed" });
  });

  test(`${kind}: an unknown root is refused, but not with verify: false`, async () => {
    using stand = new Stand({ kind });
    await using origin = await TlsOrigin.listen();
    const strict = origin.peer(kind, "origin.test", DEFAULT_CREDENTIALS);
    await assert.rejects(stand.borrow(strict), {
      code: "tls_failed",
      message:
        /^Cannot connect to .*: TLS: self-signed certificate \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/,
    });
    const { recorder } = await stand.exchange(origin.peer(kind, "other.test", BLIND));
    assert.equal(recorder.body.toString(), "ok");
    // what was accepted blindly, connection or session, serves nobody who wants it checked
    await assert.rejects(stand.borrow(strict), { code: "tls_failed" });
  });

  test(`${kind}: connections are shared under the same options only`, async () => {
    using stand = new Stand({ kind });
    await using origin = await TlsOrigin.listen();
    const same: TlsCredentials = { ...TRUSTING };
    await stand.exchange(origin.peer(kind, "origin.test"));
    await stand.exchange(origin.peer(kind, "origin.test", same));
    assert.equal(origin.seen.length, 1);
    const others: TlsCredentials[] = [
      { ...TRUSTING, verify: false },
      { ...TRUSTING, minVersion: "TLSv1.3" },
      { ...TRUSTING, ...CERTIFICATE },
      { ...BLIND },
    ];
    for (const credentials of others) {
      await stand.exchange(origin.peer(kind, "origin.test", credentials));
    }
    await stand.exchange(origin.peer(kind, null));
    assert.equal(origin.seen.length, 6);
    assert.ok(origin.seen.every(({ isResumed }) => !isResumed));
  });

  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    test(`${kind}: the next connection resumes the session (${maxVersion})`, async () => {
      using stand = new Stand({ kind });
      await using origin = await TlsOrigin.listen({ maxVersion });
      const peer = origin.peer(kind, "origin.test");
      await stand.exchange(peer);
      stand.transport.closeIdle();
      await stand.exchange(peer);
      assert.deepEqual(
        origin.seen.map(({ isResumed }) => isResumed),
        [false, true],
      );
    });
  }

  test(`${kind}: a peer that asks for a certificate gets the configured one`, async () => {
    using stand = new Stand({ kind });
    const client = await makeCertificate("DNS:proxy.test");
    const options = { requestCert: true, rejectUnauthorized: true, ca: client.cert };
    await using origin = await TlsOrigin.listen(options);
    const { recorder } = await stand.exchange(origin.peer(kind, null, { ...TRUSTING, ...client }));
    assert.equal(recorder.body.toString(), "ok");
    // TLS 1.3 tells a client only after its handshake that its certificate was missed
    const { recorder: refused } = await stand.exchange(origin.peer(kind, null));
    assert.equal(refused.error?.kind.blame, "upstream");
  });

  test(`${kind}: a peer below the lowest version, or without http/1.1, is tls_failed`, async () => {
    using stand = new Stand({ kind });
    await using old = await TlsOrigin.listen({ maxVersion: "TLSv1.2" });
    const modern: TlsCredentials = { ...TRUSTING, minVersion: "TLSv1.3" };
    await assert.rejects(stand.borrow(old.peer(kind, null, modern)), { code: "tls_failed" });
    await using h2 = await TlsOrigin.listen({ ALPNProtocols: ["h2"] });
    await assert.rejects(stand.borrow(h2.peer(kind, null)), {
      code: "tls_failed",
      message: /: TLS: [a-z/0-9 ]*no application protocol \(ERR_SSL_/,
    });
    assert.deepEqual([stand.transport.counts.open, stand.deadlines.size], [0, 0]);
  });

  test(`${kind}: a peer cannot begin a second handshake within its connection`, async () => {
    using stand = new Stand({ kind });
    await using origin = await TlsOrigin.listen({ maxVersion: "TLSv1.2" });
    const { promise: outcome, resolve } = Promise.withResolvers<string>();
    origin.server.on("secureConnection", (socket) => {
      socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code ?? ""));
      socket.once("data", () => socket.renegotiate({}, () => resolve("done")));
    });
    const { recorder } = await stand.exchange(origin.peer(kind, "origin.test"));
    assert.equal(recorder.body.toString(), "ok");
    assert.match(await outcome, /NO_RENEGOTIATION/);
  });
}

test("a peer that accepts and never shakes hands is connect_timeout", async () => {
  using stand = new Stand({ kind: "sluice" });
  const server = createTcpServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const tls = { sni: null, credentials: TRUSTING };
  const peer = toPeer(`127.0.0.1:${address.port}`, { tls, connectTimeoutMs: 3_000 });
  assert.ok(peer !== null);
  const borrowing = stand.borrow(peer);
  const [silent]: Socket[] = await once(server, "connection");
  assert.ok(silent !== undefined);
  await once(silent, "readable"); // the client's hello
  stand.elapse(3_100);
  await assert.rejects(borrowing, { code: "connect_timeout", message: /took over 3000 ms/ });
  silent.destroy();
  server.close();
  await once(server, "close");
});

test("a peer that speaks no TLS, or hangs up, is tls_failed", async () => {
  using stand = new Stand({ kind: "sluice" });
  for (const answer of ["HTTP/1.1 400 Bad Request\r\n\r\n", ""]) {
    const server = createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.end(answer));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    const tls = { sni: null, credentials: TRUSTING };
    const peer = toPeer(`127.0.0.1:${address.port}`, { tls });
    assert.ok(peer !== null);
    await assert.rejects(stand.borrow(peer), { code: "tls_failed" });
    server.close();
    await once(server, "close");
  }
});

test("what arrives behind a 101 in many records is handed over whole", async () => {
  using stand = new Stand({ kind: "sluice", certificate: CERTIFICATE });
  await using origin = await stand.listen(() => {});
  const recorder = new Recorder();
  const connection = await stand.borrow(stand.peer(origin));
  connection.send(request({ upgrade: "websocket" }), recorder);
  const wire = await origin.connection(0);
  await wire.head();
  // a record holds 16 KiB: several come with each read of the TCP connection
  const wanted = "0123456789abcdef".repeat(16_384);
  wire.write(`HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n${wanted}`);
  await recorder.until(({ response }) => response !== null);
  // the hooks of the response may take their time before the stream is taken over
  await new Promise((resolve) => setImmediate(resolve));
  const { socket, head } = connection.detach();
  let got = head.toString();
  while (got.length < wanted.length) {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) await once(socket, "readable");
    else got += chunk.toString();
  }
  assert.ok(got === wanted, "bytes are missing, or in another order");
  socket.destroy();
});
