// PROXY headers of balancers before clients' bytes, in the clear and before TLS: hooks, access
// lists and the log know the real client; what is no header is closed, and nobody else may send
// one.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { after, test } from "node:test";
import { proxyHeader } from "../../src/proxy-protocol/write-header.ts";
import { makeCertificate } from "../support/certificates.ts";
import { missing } from "../support/debian.ts";
import { startHaproxy } from "../support/edge-servers.ts";
import { freePort } from "../support/free-port.ts";
import { answerOf } from "./http2-client.ts";
import { oneTenant, TestProxy } from "./proxy.ts";
import { RawClient, values } from "./raw-client.ts";
import { answering, ok, RawOrigin } from "./raw-origin.ts";
import { get, secured, until } from "./tls-client.ts";

const BALANCER = "127.0.0.1";
const STRANGER = "127.0.0.2";
const CLIENT = "198.51.100.7";

const SCRIPT = `import { definePhases } from "sluice";
export default definePhases({
  requestFilter({ request, client }) {
    if (request.path !== "/about") return undefined;
    const { address, port, proxy, tls } = client;
    return Response.json({ address, port, proxy, isTls: tls !== null, url: request.url });
  },
});`;

const { cert, key } = await makeCertificate("DNS:a.example");
const origin = await RawOrigin.start(answering(() => ok("from the origin")));
after(() => origin[Symbol.asyncDispose]());
const proxyProtocol = { from: [BALANCER] };
const certificates = [{ cert: "a.pem", key: "a.key" }];
const config = {
  ...oneTenant(
    { main: [origin.address] },
    { script: "main.ts", access: { deny: ["198.51.100.66"] } },
  ),
  listeners: [
    { address: "127.0.0.1:0", proxyProtocol },
    { address: "127.0.0.1:0", proxyProtocol, tls: { certificates } },
    { address: "127.0.0.1:0", proxyProtocol, http2: true },
  ],
};
const proxy = await TestProxy.start({
  files: { "main.ts": SCRIPT, "a.pem": cert, "a.key": key },
  config,
});
after(() => proxy[Symbol.asyncDispose]());
const ready = await proxy.waitFor(({ msg }) => msg === "ready");
const listeners = Array.isArray(ready.listeners) ? ready.listeners.map(String) : [];
const [clear = 0, tls = 0, clearHttp2 = 0] = listeners.map((one) => Number(one.split(":").at(-1)));

const destination = { address: "203.0.113.1", port: 443 };
const BINARY = proxyHeader({ source: { address: CLIENT, port: 49_153 }, destination });
const TEXT = Buffer.from(`PROXY TCP4 ${CLIENT} 203.0.113.1 49153 443\r\n`);
const ABOUT = "GET /about HTTP/1.1\r\nHost: a.example\r\n\r\n";
const FACTS = {
  address: CLIENT,
  port: 49_153,
  proxy: {
    ...{ destination, alpn: null, authority: null, uniqueId: null, tls: null, others: [] },
  },
};

/** The balancer's connection, with the client's socket in it. */
async function balanced(port: number, header: Buffer) {
  const socket = connect({ host: "127.0.0.1", port, localAddress: BALANCER });
  await once(socket, "connect");
  socket.write(header);
  return socket;
}

test("a client is who the header names, wherever the header and what follows are cut", async () => {
  for (const [version, header] of [TEXT, BINARY].entries()) {
    const all = Buffer.concat([header, Buffer.from(ABOUT)]);
    const cuts = Array.from({ length: header.length + 1 }, (_, i) => i + 1);
    await Promise.all(
      cuts.map(async (at) => {
        await using client = await RawClient.to(clear, BALANCER);
        await client.sendAlone(all.toString("latin1", 0, at));
        await new Promise(setImmediate);
        const answer = await client.send(all.toString("latin1", at)).response();
        const facts = JSON.parse(answer.body);
        assert.deepEqual(facts, {
          ...FACTS,
          proxy: { version: version + 1, ...FACTS.proxy },
          ...{ isTls: false, url: "http://a.example/about" },
        });
        assert.equal((await client.send(get("a.example")).response()).body, "from the origin");
      }),
    );
  }
  const line = await proxy.waitFor(({ client }) => client === CLIENT);
  assert.equal(line.status, 200);
  const forwarded = origin.connections.flatMap(({ heads }) =>
    heads.map((head) => values(head, "x-forwarded-for")),
  );
  assert.deepEqual(new Set(forwarded.flat()), new Set([CLIENT]));
});

test("before TLS it is the same, for HTTP/1.1 and HTTP/2", async () => {
  const below = await balanced(tls, BINARY);
  const { socket } = await secured(tls, { socket: below, servername: "a.example" });
  const text = await until(socket, get("a.example", "/about", "Connection: close\r\n"));
  assert.match(text, /"address":"198\.51\.100\.7","port":49153,.*"isTls":true,"url":"https:/);

  for (const [port, scheme] of [
    [tls, "https"],
    [clearHttp2, "http"],
  ] as const) {
    const balancers = await balanced(port, BINARY);
    const inside = scheme === "http" ? null : await secured(port, h2(balancers));
    const session = connectHttp2(`${scheme}://a.example`, {
      createConnection: () => inside?.socket ?? balancers,
    });
    const stream = session.request({ ":path": "/about", ":authority": "a.example" });
    const facts = JSON.parse((await answerOf(stream)).body);
    assert.equal(facts.address, CLIENT);
    assert.equal(facts.url, `${scheme}://a.example/about`);
    session.destroy();
  }
});

const h2 = (socket: import("node:net").Socket) => ({
  ...{ socket, servername: "a.example", ALPNProtocols: ["h2"] },
});

test("what the balancer says of the TLS that it took off counts as https", async () => {
  const ssl = Buffer.from("0100000000210007544c5376312e33", "hex");
  const tlv = Buffer.concat([Buffer.from([0x20, 0, ssl.length]), ssl]);
  const header = Buffer.concat([BINARY, tlv]);
  header.writeUInt16BE(header.length - 16, 14);
  await using client = await RawClient.to(clear, BALANCER);
  const { body } = await client.send(header.toString("latin1") + ABOUT).response();
  const { url, proxy: said } = JSON.parse(body);
  assert.equal(url, "https://a.example/about");
  assert.equal(said.tls.version, "TLSv1.3");
});

test("access lists judge the client that the header names", async () => {
  await using client = await RawClient.to(clear, BALANCER);
  client.send("PROXY TCP4 198.51.100.66 203.0.113.1 1 2\r\n");
  assert.equal((await client.send(ABOUT).response()).status, 403);
});

test("a balancer that speaks for itself is served under its own address", async () => {
  for (const local of ["PROXY UNKNOWN\r\n", LOCAL]) {
    await using client = await RawClient.to(clear, BALANCER);
    const facts = JSON.parse((await client.send(local + ABOUT).response()).body);
    assert.deepEqual([facts.address, facts.proxy], [BALANCER, null]);
  }
});

/** As AWS sends it, with dummy addresses. */
const LOCAL = `${BINARY.toString("latin1", 0, 12)}\x20${BINARY.toString("latin1", 13)}`;

test("somebody else's header is a request that is not valid, and no client is made up", async () => {
  await using stranger = await RawClient.to(clear, STRANGER);
  const facts = JSON.parse((await stranger.send(ABOUT).response()).body);
  assert.deepEqual([facts.address, facts.proxy], [STRANGER, null]);
  await using liar = await RawClient.to(clear, STRANGER);
  assert.equal((await liar.send(TEXT.toString() + ABOUT).response()).status, 400);
});

test("a bad header closes the connection with one log line, a probe without", async () => {
  const bad = ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "PROXY TCP4 198.51.100.7\r\n", "PROXY TC"];
  const probes = ["", TEXT.toString(), LOCAL];
  for (const text of [...bad, ...probes]) {
    await using client = await RawClient.to(clear, BALANCER);
    if (text !== "") client.send(text);
    await client.endHalf().closed();
    assert.equal(client.text, "");
  }
  // a line is written before those of whoever comes later
  await using last = await RawClient.to(clear, BALANCER);
  await last.send(`${TEXT}${get("a.example", "/last")}`).response();
  await proxy.waitFor(({ target }) => target === "/last");
  const refused = proxy.requests().filter(({ error }) => error === "proxy_header");
  assert.deepEqual(
    refused.map(({ client, reason }) => [client, reason]),
    [
      [BALANCER, "Cannot accept: expected a PROXY header, got something else"],
      [BALANCER, "Cannot accept: expected two addresses and two ports in the PROXY line"],
      [BALANCER, "Cannot accept: the connection ended within its PROXY header"],
    ],
  );
  const metrics = await proxy.metrics();
  assert.match(metrics, /sluice_proxy_headers_total\{result="failed"\} 3\n/);
  assert.match(metrics, /sluice_proxy_headers_total\{result="local"\} 3\n/);
});

test("a reload changes whose headers are taken", async () => {
  await using stranger = await RawClient.to(clear, STRANGER);
  const [, ...others] = config.listeners;
  const first = { address: "127.0.0.1:0", proxyProtocol: { from: ["127.0.0.0/8"] } };
  await proxy.configure({ ...config, listeners: [first, ...others] });
  proxy.signal("SIGHUP");
  await proxy.waitFor(({ msg }) => msg === "reloaded");
  stranger.send(`GET / HTTP/1.1\r\nHost: a\r\n\r\n`);
  assert.equal((await stranger.response()).status, 200);
  await using another = await RawClient.to(clear, STRANGER);
  assert.equal((await another.send(TEXT + get("a.example")).response()).status, 200);
});

const skip = await missing("haproxy", "haproxy");

test("HAProxy's checks by LOCAL are served, and the clients that it passes on are named", {
  skip,
}, async () => {
  const front = await freePort();
  const server = `server one 127.0.0.1:${clear} source ${BALANCER} send-proxy-v2`;
  await using haproxy = await startHaproxy(
    `listen main
  bind 127.0.0.1:${front}
  option httpchk
  http-check send meth GET uri /checked ver HTTP/1.1 hdr Host a.example
  timeout check 20s
  ${server} check inter 50 check-send-proxy
`,
    { ports: [front] },
  );
  assert.ok(haproxy);
  const { client, status } = await proxy.waitFor(({ target }) => target === "/checked");
  assert.deepEqual([client, status], [BALANCER, 200]);
  const socket = connect({ host: "127.0.0.1", port: front, localAddress: "127.0.0.9" });
  await once(socket, "connect");
  socket.end("GET /named HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n");
  const named = await proxy.waitFor(({ target }) => target === "/named");
  assert.deepEqual([named.client, named.status], ["127.0.0.9", 200]);
  socket.destroy();
});
