// TLS for clients, against a real proxy: each name has its certificate, no session of one tenant
// opens anything at another, and what is not TLS, or not whole, hurts nobody.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, test } from "node:test";
import type { ConnectionOptions } from "node:tls";
import { makeCertificate } from "../support/certificates.ts";
import { TestProxy } from "./proxy.ts";
import { answering, ok, RawOrigin } from "./raw-origin.ts";
import { get, type Shown, secured, until } from "./tls-client.ts";

const SCRIPT = `import { definePhases } from "sluice";
export default definePhases({
  requestFilter({ request, client }) {
    if (request.path !== "/about") return undefined;
    return Response.json({ tls: client.tls, url: request.url });
  },
});`;

const [first, wild, later] = await Promise.all([
  makeCertificate("DNS:a.example", "DNS:also-a.example"),
  makeCertificate("DNS:*.wild.example"),
  makeCertificate("DNS:a.example", "DNS:b.example"),
]);
const origin = await RawOrigin.start(answering(ok("from the origin")));
const files = {
  "main.ts": SCRIPT,
  "first.pem": first.cert,
  "first.key": first.key,
  "wild.pem": wild.cert,
  "wild.key": wild.key,
};
const tenant = (hosts: readonly string[]) => ({
  hosts,
  script: "main.ts",
  upstreams: { main: { peers: [origin.address] } },
});
const config = {
  workers: 2,
  timeouts: { handshakeMs: 5_000 },
  listeners: [
    {
      address: "127.0.0.1:0",
      tls: {
        certificates: [
          { cert: "first.pem", key: "first.key" },
          { cert: "wild.pem", key: "wild.key" },
        ],
      },
    },
    { address: "127.0.0.1:0" },
  ],
  tenants: {
    a: tenant(["a.example", "also-a.example"]),
    b: tenant(["b.example"]),
    wild: tenant(["*.wild.example"]),
  },
};
const proxy = await TestProxy.start({ files, config });
for (const one of [proxy, origin]) after(() => one[Symbol.asyncDispose]());

const secure = (servername: string, options: ConnectionOptions = {}): Promise<Shown> =>
  secured(proxy.port, { ...options, servername });

const asked = async (servername: string, host = servername, path = "/"): Promise<string> => {
  const { socket } = await secure(servername);
  return await until(socket, get(host, path, "Connection: close\r\n"));
};

test("each name gets the certificate that covers it, and others get the first", async () => {
  const names = async (servername: string): Promise<string> => {
    const { socket, names: shown } = await secure(servername);
    socket.destroy();
    return shown;
  };
  assert.equal(await names("also-a.example"), "DNS:a.example, DNS:also-a.example");
  assert.equal(await names("x.wild.example"), "DNS:*.wild.example");
  assert.equal(await names("X.Wild.Example"), "DNS:*.wild.example");
  for (const other of ["b.example", "x.y.wild.example", "wild.example", ""]) {
    assert.equal(await names(other), "DNS:a.example, DNS:also-a.example", other);
  }
});

test("requests go on as ever, and script and upstream learn that they came over TLS", async () => {
  assert.match(await asked("a.example"), /^HTTP\/1\.1 200 [\s\S]*from the origin$/);
  assert.match(origin.text, /^x-forwarded-proto: https$/im);
  const about = await asked("x.wild.example", "x.wild.example:8443", "/about");
  assert.match(about, /"url":"https:\/\/x\.wild\.example:8443\/about"\}$/);
  assert.match(about, /"tls":\{"version":"TLSv1\.3",.*"serverName":"x\.wild\.example"/);
});

test("a connection serves many requests, also those that were sent at once", async () => {
  const { socket } = await secure("a.example");
  const requests = get("a.example").repeat(5) + get("a.example", "/", "Connection: close\r\n");
  const said = await until(socket, requests);
  assert.equal(said.match(/HTTP\/1\.1 200 /g)?.length, 6);
});

test("a request for a host that the certificate is not for is told to come anew", async () => {
  assert.match(await asked("a.example", "also-a.example"), /^HTTP\/1\.1 200 /);
  assert.match(await asked("a.example", "x.wild.example"), /^HTTP\/1\.1 421 [\s\S]*"misdirected"/);
  assert.match(await asked("x.wild.example", "a.example"), /^HTTP\/1\.1 421 /);
  assert.match(await asked("", "a.example"), /^HTTP\/1\.1 200 /);
});

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  test(`${version}: a session goes on on any worker, and never at another tenant`, async () => {
    const options: ConnectionOptions = { minVersion: version, maxVersion: version };
    const { socket } = await secure("a.example", options);
    const ticket = version === "TLSv1.2" ? socket.getSession() : undefined;
    const came = ticket === undefined ? once(socket, "session") : null;
    await until(socket, get("a.example", "/", "Connection: close\r\n"));
    const session: Buffer = ticket ?? (await came)?.[0];
    const resumed = async (servername: string): Promise<boolean> => {
      const again = await secure(servername, { ...options, session });
      const isReused = again.socket.isSessionReused();
      const said = await until(again.socket, get(servername, "/", "Connection: close\r\n"));
      assert.match(said, /^HTTP\/1\.1 200 /);
      return isReused;
    };
    for (let i = 0; i < 8; i++) assert.equal(await resumed("a.example"), true);
    for (const other of ["b.example", "x.wild.example"]) assert.equal(await resumed(other), false);
  });
}

test("HTTP in the clear is told what the port speaks; other clients are let go", async () => {
  const plain = async (bytes: string): Promise<string> => {
    const socket = connect({ port: proxy.port, host: "127.0.0.1" });
    let text = "";
    socket.setEncoding("latin1").on("data", (part: string) => {
      text += part;
    });
    socket.on("error", () => undefined).write(bytes, "latin1");
    await once(socket, "close");
    return text;
  };
  assert.match(await plain(get("a.example")), /^HTTP\/1\.1 400 [\s\S]*This port speaks TLS/);
  assert.equal(await plain("\x01\x02\x03"), "");
  // a hello that never comes whole, and one that is none within
  assert.equal(await plain("\x16\x03\x01"), "");
  assert.equal(
    await plain(`\x16\x03\x01\x00\x30\x01\x00\x00\x2c${"\xff".repeat(44)}`).then(isAlert),
    true,
  );
  assert.match(await proxy.metrics(), /^sluice_tls_handshakes_total\{result="failed"\} \d+$/m);
});

const isAlert = (text: string): boolean => text === "" || text.startsWith("\x15\x03");

test("the other listener speaks HTTP in the clear", async () => {
  const [, clear = ""] = (await proxy.waitFor(({ msg }) => msg === "ready")).listeners as string[];
  const headers = { connection: "close" };
  const response = await fetch(`http://${clear}/`, { headers });
  assert.equal(response.status, 421); // its Host is nobody's: it is HTTP all the same
});

test("large bodies pass whole in both directions, to a client that reads late", async () => {
  const size = 4_000_000;
  const head = `HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\nConnection: close\r\n\r\n`;
  await origin.reset(({ socket, text }) => {
    const body = text.slice(text.indexOf("\r\n\r\n") + 4);
    if (body.length === size) socket.end(head + body, "latin1");
  });
  const { socket } = await secure("a.example");
  const sent = Buffer.alloc(size, "0123456789abcdef").toString("latin1");
  const more = `Content-Length: ${size}\r\nConnection: close\r\n\r\n`;
  socket.write(`POST / HTTP/1.1\r\nHost: a.example\r\n${more}${sent}`);
  await origin.until(() => origin.text.length > size, "the whole upload");
  const said = await until(socket, "");
  assert.equal(said.slice(said.indexOf("\r\n\r\n") + 4) === sent, true);
  await origin.reset(answering(ok("from the origin")));
});

test("a WebSocket passes, and either end may close it", async () => {
  await origin.reset(({ socket, text }) => {
    if (!/upgrade: websocket/i.test(text)) return;
    origin.behaviour = () => undefined;
    const fields = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n`);
    socket.on("data", (bytes) => socket.write(bytes)).on("end", () => socket.end());
  });
  const { socket } = await secure("a.example");
  socket.write(get("a.example", "/", "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
  const [head] = (await once(socket, "data")) as [Buffer];
  assert.match(head.toString("latin1"), /^HTTP\/1\.1 101 /);
  socket.write("to and fro");
  const [echo] = (await once(socket, "data")) as [Buffer];
  assert.equal(echo.toString("latin1"), "to and fro");
  socket.end();
  await once(socket, "close");
  await origin.reset(answering(ok("from the origin")));
});

test("an answer that the upstream breaks off is no clean end for the client", async () => {
  origin.behaviour = ({ socket }) => {
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", () => {
      socket.resetAndDestroy();
    });
  };
  const { socket } = await secure("a.example");
  const broken = once(socket, "error").then(() => "error");
  const ended = once(socket, "end").then(() => "end");
  socket.resume().write(get("a.example"));
  assert.equal(await Promise.race([broken, ended]), "error");
  origin.behaviour = answering(ok("from the origin"));
});

test("a reload brings new certificates; a bad one is refused, and the old ones serve on", async () => {
  const { socket: before } = await secure("a.example");
  await proxy.write("first.pem", later.cert);
  proxy.signal("SIGHUP");
  const { problems } = await proxy.waitFor(({ msg }) => msg === "reload refused");
  assert.match(String(problems), /key: expected the key of cert, got "first\.key"/);
  assert.match(await asked("a.example"), /^HTTP\/1\.1 200 /);

  await proxy.write("first.key", later.key);
  proxy.signal("SIGHUP");
  const reloaded = await proxy.waitFor(({ msg }) => msg === "reloaded");
  assert.deepEqual(reloaded.needsHandover, []);
  // those of the test last two days
  const expiry = /^sluice_certificate_expiry_seconds\{name="a\.example",serial="\w+"\} (\d+)$/m;
  const [, seconds] = expiry.exec(await proxy.metrics()) ?? [];
  assert.ok(Number(seconds) * 1000 > Date.now() && Number(seconds) * 1000 < Date.now() + 3e8);
  const warned = proxy.lines.filter(({ msg }) => msg === "a certificate expires soon");
  assert.deepEqual(
    warned.map(({ certificate }) => certificate),
    ["a.example", "*.wild.example", "a.example", "*.wild.example"],
  );
  const { socket, names } = await secure("b.example");
  socket.destroy();
  assert.equal(names, "DNS:a.example, DNS:b.example");
  // who was connected before notices nothing
  assert.match(
    await until(before, get("a.example", "/", "Connection: close\r\n")),
    /^HTTP\/1\.1 200 /,
  );
});

test("a proxy that ends waits for no handshake that never comes whole", async () => {
  const socket = connect({ port: proxy.port, host: "127.0.0.1" });
  socket.on("error", () => undefined).write("\x16\x03");
  await once(socket, "connect");
  assert.equal(await proxy.stop(), 0);
});
