// Peers that take the PROXY protocol: nginx and HAProxy are told whose each connection is, whatever
// is spoken on it, and no two clients ever share one.

import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { createServer, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import { LOCAL_HEADER } from "../../src/proxy-protocol/write-header.ts";
import { makeCertificate } from "../support/certificates.ts";
import { missing } from "../support/debian.ts";
import { startHaproxy, startNginx } from "../support/edge-servers.ts";
import { freePort } from "../support/free-port.ts";
import { ask } from "./ask.ts";
import { TestProxy } from "./proxy.ts";

const skip = (await missing("nginx", "nginx")) || (await missing("haproxy", "haproxy"));
const ports = new Set<number>();
while (ports.size < 5) ports.add(await freePort());
const [clear = 0, tls = 0, http2 = 0, http2Tls = 0, haproxy = 0] = ports;
const { cert, key } = await makeCertificate("DNS:a.example");
// for a peer that only has to say who is connected, and to be told nothing of anybody's
const heard: Buffer[] = [];
const open = new Set<Socket>();
const bare = createServer((socket) => {
  open.add(socket);
  socket.on("error", () => {}).once("close", () => open.delete(socket));
  socket.once("data", (first) => heard.push(Buffer.from(first)));
  socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
}).listen(0, "127.0.0.1");
await once(bare, "listening");
after(() => {
  for (const socket of open) socket.destroy();
  bare.close();
});
const bareAt = bare.address();
const barePort = bareAt === null || typeof bareAt === "string" ? 0 : bareAt.port;

const group = (port: number, more: object = {}) => ({
  main: { peers: [`127.0.0.1:${port}`], proxyProtocol: true, ...more },
});
const ca = { tls: { ca: "a.pem", sni: "a.example" } };
const GROUPS = {
  "HTTP/1.1": group(clear),
  "HTTP/1.1 by undici": group(clear, { transport: "undici" }),
  "HTTP/1.1 over TLS": group(tls, ca),
  "HTTP/1.1 over TLS by undici": group(tls, { ...ca, transport: "undici" }),
  "HTTP/2": group(http2, { protocol: "http2" }),
  "HTTP/2 over TLS": group(http2Tls, { ...ca, protocol: "http2" }),
  HAProxy: group(haproxy),
  "one connection for all": group(clear, { limits: { connections: 1 } }),
  checked: group(barePort, { health: { kind: "http", intervalMs: 50, fastIntervalMs: 50 } }),
  bare: group(barePort),
};
const hostOf = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "-");

const proxy = await TestProxy.start({
  files: { "a.pem": cert },
  config: {
    tenants: Object.fromEntries(
      Object.entries(GROUPS).map(([name, upstreams]) => [
        hostOf(name),
        { hosts: [`${hostOf(name)}.test`], upstreams },
      ]),
    ),
  },
});
after(() => proxy[Symbol.asyncDispose]());

const ANSWER = "$proxy_protocol_addr $proxy_protocol_port $connection $connection_requests";

if (skip === false) {
  const server = (port: number, more = "") =>
    `server { listen 127.0.0.1:${port} proxy_protocol ${more};
       ssl_certificate a.pem; ssl_certificate_key a.key; return 200 "${ANSWER}"; }`;
  const servers = [server(clear), server(tls, "ssl"), server(http2, "http2")];
  const http = [...servers, server(http2Tls, "ssl http2")].join("\n");
  const files = { "a.pem": cert, "a.key": key };
  const nginx = await startNginx(http, { ports: [...ports].slice(0, 4), files });
  after(() => nginx[Symbol.asyncDispose]());
  const answer = `lf-string "%[src] %[src_port] %ID %rt"`;
  const balancer = await startHaproxy(
    `frontend main
  bind 127.0.0.1:${haproxy} accept-proxy
  unique-id-format %[fc_pp_unique_id]%[dst_port]
  http-request return status 200 content-type text/plain ${answer}
`,
    { ports: [haproxy] },
  );
  after(() => balancer[Symbol.asyncDispose]());
}

interface Told {
  readonly address: string;
  readonly port: number;
  readonly connection: string;
}

/** On one connection, from this address. */
class Client implements Disposable {
  readonly address: string;
  readonly #agent: Agent;
  port = 0;

  constructor(address: string) {
    this.address = address;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1, localAddress: address });
  }

  async ask(host: string): Promise<Told> {
    const { host: at, port } = proxy;
    const headers = { host: `${host}.test` };
    const asked = request({ host: at, port, agent: this.#agent, headers });
    asked.end();
    const [answer]: IncomingMessage[] = await once(asked, "response");
    assert.equal(answer?.statusCode, 200, host);
    this.port = asked.socket?.localPort ?? 0;
    const [address = "", sourcePort = "", connection = ""] = (await text(answer)).split(" ");
    return { address, port: Number(sourcePort), connection };
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

for (const name of Object.keys(GROUPS).slice(0, 7)) {
  test(`${name}: two clients at once are told apart on every request`, { skip }, async () => {
    using one = new Client("127.0.0.2");
    using other = new Client("127.0.0.3");
    const connections = new Map([one, other].map((client) => [client, new Set<string>()]));
    for (let i = 0; i < 20; i++) {
      const clients = [one, other];
      const answers = await Promise.all(clients.map((client) => client.ask(hostOf(name))));
      for (const [at, { address, port, connection }] of answers.entries()) {
        const client = clients[at];
        assert.ok(client !== undefined);
        assert.deepEqual([address, port], [client.address, client.port]);
        connections.get(client)?.add(connection);
      }
    }
    if (name === "HAProxy") return;
    // each has one of its own, which was kept
    assert.deepEqual(
      [...connections.values()].map(({ size }) => size),
      [1, 1],
    );
    assert.equal(connections.get(one)?.isDisjointFrom(connections.get(other) ?? new Set()), true);
  });
}

test("a connection that rests for one client makes room for another", { skip }, async () => {
  using one = new Client("127.0.0.2");
  using other = new Client("127.0.0.3");
  for (let i = 0; i < 5; i++) {
    for (const client of [one, other]) {
      const { address } = await client.ask(hostOf("one connection for all"));
      assert.equal(address, client.address);
    }
  }
});

test("a client that leaves takes its connections along", async () => {
  using one = new Client("127.0.0.2");
  await one.ask("bare");
  const mine = [...open].at(-1);
  assert.ok(mine !== undefined);
  const closed = once(mine, "close");
  one[Symbol.dispose]();
  await closed;
});

test("a check speaks for the proxy itself, with LOCAL", async () => {
  heard.length = 0;
  while (heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(heard[0]?.subarray(0, LOCAL_HEADER.length), LOCAL_HEADER);
  assert.equal((await ask(proxy, "checked")).status, 200);
});
