// Peers with TLS and behind UNIX sockets, through a real proxy: what scripts and configuration may
// say of them, what a script sees, and what a client is told when a handshake fails.

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer } from "node:https";
import { type AddressInfo, createServer as createSocketServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { makeCertificate } from "../support/certificates.ts";
import { oneTenant, TestProxy } from "./proxy.ts";
import { RawClient } from "./raw-client.ts";

const CERTIFICATE = await makeCertificate("DNS:one.test");
const folder = mkdtempSync(join(tmpdir(), "sluice-upstream-"));
after(() => rmSync(folder, { recursive: true }));
const CA = join(folder, "ca.pem");
writeFileSync(CA, CERTIFICATE.cert);
// the proxies of this file inherit it: one more root for what scripts connect to
process.env.NODE_EXTRA_CA_CERTS = CA;

const echoHost: RequestListener = (request, response) => response.end(request.headers.host);

async function listening(server: Server, at: number | string) {
  server.listen(at === 0 ? { port: 0, host: "127.0.0.1" } : { path: `${at}` });
  await once(server, "listening");
  const address = server.address();
  return {
    address: typeof address === "object" ? `127.0.0.1:${address?.port}` : `unix:${address}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const secureOrigin = (handle: RequestListener = echoHost) =>
  listening(createServer(CERTIFICATE, handle), 0);

/** It says this to everybody, and then speaks TLS as it should. */
async function talking(text: string) {
  const secure = createServer(CERTIFICATE, echoHost);
  const server = createSocketServer((socket) => {
    socket.on("error", () => undefined).write(text);
    secure.emit("connection", socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      secure.closeAllConnections();
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}

/** A script whose peer the test writes, and which logs what it sees of the connection. */
const choosing = (peer: object): string => `
  import { definePhases, log } from "sluice";
  export default definePhases({
    upstreamPeer: () => (${JSON.stringify(peer)}),
    connectedToUpstream(session) {
      log.info(\`tls \${session.upstream.tls}, reused \${session.upstream.reused}\`);
    },
  });`;

const SCRIPTED = { hosts: ["*"], script: "main.ts" };

test("a script's peer is spoken to over TLS, verified for its sni, and kept", async () => {
  await using origin = await secureOrigin();
  const script = choosing({ address: origin.address, tls: true, sni: "one.test" });
  await using proxy = await TestProxy.start({
    files: { "main.ts": script },
    config: { tenants: { demo: SCRIPTED } },
  });
  for (let i = 0; i < 2; i++) {
    const response = await fetch(proxy.url, { headers: { connection: "close" } });
    assert.deepEqual([response.status, await response.text()], [200, `127.0.0.1:${proxy.port}`]);
  }
  await proxy.waitFor(() => proxy.requests().length === 2);
  assert.deepEqual(proxy.scriptLines(), ["tls true, reused false", "tls true, reused true"]);
});

for (const isolation of ["inline", "process"]) {
  test(`a script sees how old a connection is, and whom it speaks to (${isolation})`, async () => {
    await using origin = await secureOrigin();
    const upstream = { peers: [origin.address], tls: { sni: "one.test", ca: CA } };
    const script = `import { definePhases } from "sluice";
    export default definePhases({
      logging({ log, upstream }) { log.set("facts", JSON.stringify(upstream)); },
    });`;
    await using proxy = await TestProxy.start({
      files: { "main.ts": script },
      config: { ...oneTenant({ main: upstream }, { script: "main.ts", isolation }), workers: 1 },
    });
    for (let i = 0; i < 2; i++) {
      assert.equal((await fetch(proxy.url, { headers: { connection: "close" } })).status, 200);
    }
    await proxy.waitFor(() => proxy.requests().length === 2);
    const [first, second] = proxy.requests().map(({ fields }) => JSON.parse(Object(fields).facts));
    const { fingerprint256, serialNumber } = new X509Certificate(CERTIFICATE.cert);
    const { version, cipher, certSha256, ...rest } = first.tlsDigest;
    assert.equal(version, "TLSv1.3");
    assert.match(cipher, /^TLS_AES/);
    assert.equal(certSha256, fingerprint256.replaceAll(":", "").toLowerCase());
    assert.deepEqual(rest, { serialNumber: serialNumber.toLowerCase(), organization: "" });
    assert.deepEqual(second.tlsDigest, first.tlsDigest);
    assert.deepEqual([first.reused, second.reused], [false, true]);
    assert.ok(first.ageMs >= 0 && second.ageMs >= first.ageMs, `${first.ageMs} ${second.ageMs}`);
  });
}

test("a certificate for another name is 502 tls_failed, the reason in the log alone", async () => {
  await using origin = await secureOrigin();
  const script = choosing({ address: origin.address, tls: true, sni: "two.test" });
  await using proxy = await TestProxy.start({
    files: { "main.ts": script },
    config: { tenants: { demo: SCRIPTED } },
  });
  const response = await fetch(proxy.url, { headers: { connection: "close" } });
  const page = await response.text();
  assert.equal(response.status, 502);
  assert.match(page, /tls_failed/);
  assert.ok(!page.includes("test") && !page.includes(origin.address), page);
  const line = JSON.stringify(await proxy.waitFor(({ msg }) => msg === "request"));
  assert.match(line, /"tls_failed"/);
  assert.match(line, /Cannot connect to 127\.0\.0\.1:\d+: TLS: .*two\.test/);
});

for (const protocol of ["http1", "http2"]) {
  test(`what a peer says in the clear before its handshake is nobody's answer (${protocol})`, async () => {
    await using origin = await talking("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\ninjected");
    const upstream = { peers: [origin.address], protocol, tls: { sni: "one.test", ca: CA } };
    await using proxy = await TestProxy.start({ config: oneTenant({ main: upstream }) });
    const response = await fetch(proxy.url, { headers: { connection: "close" } });
    const page = await response.text();
    assert.equal(response.status, 502);
    assert.match(page, /tls_failed/);
    assert.doesNotMatch(page, /injected/);
    assert.equal((await proxy.waitFor(({ msg }) => msg === "request")).error, "tls_failed");
  });
}

for (const [what, peer] of [
  ["a UNIX socket", { address: "unix:/run/app.sock" }],
  ["an sni without tls", { address: "127.0.0.1:1", sni: "one.test" }],
  ["an sni that is no name", { address: "127.0.0.1:1", tls: true, sni: "a\r\nb" }],
  ["blind trust", { address: "127.0.0.1:1", tls: { verify: false } }],
] as const) {
  test(`a script that returns ${what} is a script_result`, async () => {
    await using proxy = await TestProxy.start({
      files: { "main.ts": choosing(peer) },
      config: { tenants: { demo: SCRIPTED } },
    });
    const response = await fetch(proxy.url, { headers: { connection: "close" } });
    assert.equal(response.status, 500);
    assert.match(await response.text(), /script_result/);
  });
}

for (const transport of ["sluice", "undici"]) {
  test(`a group with its own ca passes requests on, Host unchanged (${transport})`, async () => {
    await using origin = await secureOrigin();
    const tls = { sni: "one.test", ca: "own.pem", minVersion: "TLSv1.3" };
    await using proxy = await TestProxy.start({
      files: { "own.pem": CERTIFICATE.cert },
      config: oneTenant({ main: { peers: [origin.address], tls, transport } }),
    });
    const client = await RawClient.to(proxy.port);
    client.send("GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n");
    await client.until(() => client.hasEnded, "the end");
    assert.match(client.text, /^HTTP\/1\.1 200 [\s\S]*\r\n\r\nshop\.test$/);
    await client[Symbol.asyncDispose]();
  });
}

test("a UNIX socket of the configuration is passed requests to, Host unchanged", async () => {
  await using origin = await listening(createHttpServer(echoHost), join(folder, "app.sock"));
  await using proxy = await TestProxy.start({ config: oneTenant({ main: [origin.address] }) });
  await using client = await RawClient.to(proxy.port);
  client.send("GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n");
  await client.until(() => client.hasEnded, "the end");
  assert.match(client.text, /^HTTP\/1\.1 200 [\s\S]*\r\n\r\nshop\.test$/);
});

test("a WebSocket passes through to a peer with TLS, both ways, and ends with either", async () => {
  const server = createServer(CERTIFICATE);
  server.on("upgrade", (_request, socket) => {
    socket.write("HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\nhello");
    socket.pipe(socket);
  });
  await using origin = await listening(server, 0);
  const upstream = { peers: [origin.address], tls: { sni: "one.test", ca: CA } };
  await using proxy = await TestProxy.start({ config: oneTenant({ main: upstream }) });
  await using client = await RawClient.to(proxy.port);
  const head = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n";
  client.send(
    `${head}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
  );
  await client.until(() => client.text.endsWith("\r\n\r\nhello"), "the greeting");
  client.send("echo");
  await client.until(() => client.text.endsWith("helloecho"), "the echo");
  client.endHalf();
  await client.until(() => client.hasEnded, "the end");
});
