// HTTP/2 to clients, against a real proxy: what an HTTP/1.1 origin sees of it, and what the client
// sees of the origin's answers, of breaks, reloads and the proxy's end.

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, test } from "node:test";
import { makeCertificate } from "../support/certificates.ts";
import { get as asked, headers, RawHttp2, windowUpdate } from "../support/http2-client.ts";
import { answerOf, Http2Client } from "./http2-client.ts";
import { laneOf } from "./lane.ts";
import { TestProxy } from "./proxy.ts";
import { RawClient } from "./raw-client.ts";
import { answering, ok, RawOrigin } from "./raw-origin.ts";
import { get, secured, until } from "./tls-client.ts";

const SCRIPT = `import { definePhases } from "sluice";
export default definePhases({
  newCtx: () => ({ version: "" }),
  requestFilter({ request }, ctx) {
    ctx.version = request.httpVersion;
    return request.path === "/version" ? new Response(ctx.version) : undefined;
  },
  responseFilter({ response }, ctx) { response.headers.set("x-version", ctx.version); },
});`;

const certificate = await makeCertificate("DNS:a.example", "DNS:also-a.example");
const origin = await RawOrigin.start(answering(ok("from the origin")));
const tenant = {
  ...laneOf({ script: "main.ts" }),
  script: "main.ts",
  upstreams: { main: { peers: [origin.address] } },
  defaultUpstream: "main",
};
const config = {
  listeners: [
    { address: "127.0.0.1:0", http2: true },
    {
      address: "127.0.0.1:0",
      tls: { certificates: [{ cert: "a.pem", key: "a.key" }] },
    },
    { address: "127.0.0.1:0" },
  ],
  tenants: {
    a: { ...tenant, hosts: ["a.example", "also-a.example"] },
    b: { ...tenant, hosts: ["b.example"] },
  },
};
const files = { "main.ts": SCRIPT, "a.pem": certificate.cert, "a.key": certificate.key };
const proxy = await TestProxy.start({ files, config });
for (const one of [proxy, origin]) after(() => one[Symbol.asyncDispose]());

/** Ports of its listeners, in their order. */
const portsOf = ({ lines }: TestProxy): number[] =>
  [
    ...JSON.stringify(lines.findLast(({ msg }) => msg === "ready")?.listeners).matchAll(/:(\d+)"/g),
  ].map(([, port]) => Number(port));
const [, tlsPort = 0, plainPort = 0] = portsOf(proxy);
const clear = (of: TestProxy = proxy): Promise<Http2Client> =>
  Http2Client.to(`http://127.0.0.1:${of.port}`);
const secure = (): Promise<Http2Client> => Http2Client.to(`https://127.0.0.1:${tlsPort}`);

test("a request over TLS is HTTP/2 to its script, in the log and in Via", async () => {
  await origin.reset(answering(ok("from the origin")));
  await using client = await secure();
  assert.equal(client.session.alpnProtocol, "h2");
  const answer = await client.get("/x", { cookie: ["a=1", "b=2"], te: "trailers" });
  assert.deepEqual([answer.status, answer.body], [200, "from the origin"]);
  assert.equal(answer.headers["x-version"], "2");
  assert.equal((await client.get("/version")).body, "2");
  const [head] = origin.connections.at(-1)?.heads ?? [];
  assert.ok(head !== undefined);
  assert.equal(head.lines[0], "GET /x HTTP/1.1");
  assert.ok(head.lines.includes("cookie: a=1; b=2"), "crumbs of Cookie are not one line");
  assert.ok(head.lines.includes("host: a.example"));
  assert.ok(head.lines.some((line) => /^Via: 2\.0 sluice-/.test(line)));
  assert.ok(head.lines.includes("X-Forwarded-Proto: https"));
  const line = await proxy.waitFor(({ target }) => target === "/x");
  assert.equal(line.protocol, "HTTP/2");
});

test("who does not offer h2 gets HTTP/1.1 on the same port, by TLS and in the clear", async () => {
  const { socket } = await secured(tlsPort, { servername: "a.example" });
  assert.match(await until(socket, get("a.example", "/version", "Connection: close\r\n")), /1\.1$/);
  const { socket: other } = await secured(tlsPort, {
    servername: "a.example",
    ALPNProtocols: ["http/1.1"],
  });
  assert.equal(other.alpnProtocol, "http/1.1");
  other.destroy();
  await using client = await RawClient.to(proxy.port);
  for (const part of ["P", "RI", " /version HTTP/1.1\r\nHost: a.example\r\n\r\n"]) {
    await client.sendAlone(part);
  }
  assert.equal((await client.response()).body, "1.1");
});

test("where it is not switched on, a client that speaks it unasked is told so", async () => {
  await using client = await RawClient.to(plainPort);
  client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  assert.equal((await client.response()).status, 505);
});

test("a host that the certificate covers is served, another gets 421 and the session goes on", async () => {
  await origin.reset(answering(ok("from the origin")));
  await using client = await secure();
  assert.equal((await client.get("/", { ":authority": "also-a.example" })).status, 200);
  assert.equal((await client.get("/", { ":authority": "b.example" })).status, 421);
  assert.equal((await client.get("/")).status, 200);
});

test("bodies of megabytes go both ways at once, on many streams", async () => {
  const body = Buffer.alloc(1_000_000, "abcdefgh").toString("latin1");
  await origin.reset(answering((request) => ok(request.body)));
  await using client = await clear();
  const asked = Array.from({ length: 4 }, () =>
    client.ask({ ":method": "POST", "content-length": `${body.length}` }, body),
  );
  for (const answer of await Promise.all(asked)) {
    assert.ok(answer.body === body, `${answer.status}: ${answer.body.length} bytes came back`);
  }
});

test("interim responses and trailers arrive, and none that a connection of HTTP/1.1 is about", async () => {
  await origin.reset(
    answering(
      () =>
        "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" +
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: X-Own\r\nX-Own: 1\r\n" +
        "Keep-Alive: timeout=5\r\nTrailer: X-Sum\r\n\r\n" +
        "4\r\nbody\r\n0\r\nX-Sum: 4\r\n\r\n",
    ),
  );
  await using client = await clear();
  const { status, headers, body, trailers, interims } = await client.get("/", { te: "trailers" });
  assert.deepEqual([status, body, interims, trailers["x-sum"]], [200, "body", [103], "4"]);
  const names = Object.keys(headers);
  for (const gone of ["connection", "x-own", "keep-alive", "transfer-encoding"]) {
    assert.ok(!names.includes(gone), gone);
  }
});

test("HEAD and 304 have their length and no body", async () => {
  await origin.reset(
    answering(({ lines }) =>
      lines[0]?.startsWith("HEAD")
        ? "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"
        : "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\nETag: x\r\n\r\n",
    ),
  );
  await using client = await clear();
  const head = await client.ask({ ":method": "HEAD" });
  assert.deepEqual([head.status, head.headers["content-length"], head.body], [200, "99", ""]);
  const fresh = await client.get();
  assert.deepEqual([fresh.status, fresh.headers["content-length"], fresh.code], [304, "99", 0]);
});

test("an answer before the end of an upload arrives whole, and the rest is stopped without an error", async () => {
  await origin.reset((connection) => {
    if (!connection.text.includes("\r\n\r\n") || connection.isClosed) return;
    connection.socket.end("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
  });
  await using client = await clear();
  const stream = client.open({ ":method": "POST", ":path": "/upload" });
  stream.write(Buffer.alloc(200_000));
  const answer = await answerOf(stream);
  assert.deepEqual([answer.status, answer.body, answer.code], [413, "no", 0]);
  await origin.reset(answering(ok("next")));
  assert.equal((await client.get()).body, "next");
});

test("an origin that breaks off is a reset to the client, never an end", async () => {
  for (const framing of ["Content-Length: 10", "Transfer-Encoding: chunked"]) {
    const part = framing.startsWith("C") ? "abc" : "3\r\nabc\r\n";
    await origin.reset((connection) => {
      if (!connection.text.includes("\r\n\r\n") || connection.isClosed) return;
      connection.socket.end(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n${part}`);
    });
    await using client = await clear();
    const answer = await client.get();
    assert.deepEqual([answer.status, answer.body, answer.code], [200, "abc", 2]);
  }
});

test("a client that resets its stream lets the origin go, and others go on", async () => {
  await origin.reset(() => {});
  await using client = await clear();
  const stream = client.open({ ":path": "/left" });
  stream.end();
  await origin.until(() => origin.text.includes("/left"), "its request");
  stream.close(8);
  await origin.until(
    () => origin.connections.every(({ hasEnded, isClosed }) => hasEnded || isClosed),
    "its end",
  );
  const line = await proxy.waitFor(({ target }) => target === "/left");
  assert.deepEqual([line.status, line.error], [0, "client_aborted"]);
  await origin.reset(answering(ok("next")));
  assert.equal((await client.get()).body, "next");
});

test("a client that shuts a stream's window holds the origin back, and loses that stream in time", async () => {
  // not before: they are also those of whoever must wait for a busy machine
  await proxy.configure({ ...config, timeouts: { clientWriteMs: 1_500, bodyIdleMs: 1_500 } });
  proxy.signal("SIGHUP");
  await proxy.waitFor(({ msg }) => msg === "reloaded");
  await origin.reset(answering(ok("x".repeat(5_000_000))));
  using client = await RawHttp2.connect(proxy.port);
  client.send(headers(1, asked("/stuck")), windowUpdate(0, 1_000_000));
  const stuck = await client.ended(1);
  assert.deepEqual([stuck.resetCode, stuck.body.length], [8, 65_535]);
  const line = await proxy.waitFor(({ target }) => target === "/stuck");
  assert.equal(line.error, "client_write_timeout");
  client.send(headers(3, asked("/version")));
  assert.equal((await client.ended(3)).body, "2");
});

test("an upload that stops is answered 408, and others of its session go on", async () => {
  await origin.reset(answering(ok("next")));
  await using client = await clear();
  const stream = client.open({ ":method": "POST", ":path": "/late", "content-length": "10" });
  stream.write("abc");
  const [late, next] = await Promise.all([answerOf(stream), client.get("/version")]);
  assert.deepEqual([late.status, next.status], [408, 200]);
});

test("each stream gets the configuration that is live when it begins", async () => {
  const live = await TestProxy.start({ files, config });
  after(() => live[Symbol.asyncDispose]());
  await origin.reset(answering(ok("from the origin")));
  await using client = await clear(live);
  assert.equal((await client.get("/version")).body, "2");
  await live.write("main.ts", SCRIPT.replace("new Response(ctx.version)", 'new Response("new")'));
  live.signal("SIGHUP");
  await live.waitFor(({ msg }) => msg === "reloaded");
  assert.equal((await client.get("/version")).body, "new");

  await origin.reset(() => {});
  const open = client.open({ ":path": "/open" });
  open.end();
  await origin.until(() => origin.text.includes("/open"), "its request");
  live.signal("SIGTERM");
  await live.waitFor(({ msg }) => msg === "shutting down");
  while (client.goaways.length === 0) await once(client.session, "goaway");
  assert.deepEqual(client.goaways, [2 ** 31 - 1]);
  origin.connections.at(-1)?.send(ok("ended"));
  const answer = await answerOf(open);
  assert.deepEqual([answer.status, answer.body], [200, "ended"]);
  assert.equal(await live.exited(), 0);
});
