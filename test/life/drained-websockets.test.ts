// WebSockets hold up the drain of their peer for as long as they last, or until its time is over:
// then they are told to come again, and nobody else is.

import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { request as secureRequest } from "node:https";
import type { Socket } from "node:net";
import { after, test } from "node:test";
import { makeCertificate } from "../support/certificates.ts";
import { call, WITH_TOKEN } from "./control.ts";
import { httpOrigin } from "./http-origin.ts";
import { TestProxy } from "./proxy.ts";

/** A frame of text, and a close frame with 1012. */
const GREETING = "\x81\x02hi";
const RESTART = "\x88\x02\x03\xf4";

/** Says who it is, and echoes. */
const echo = (name: string) =>
  httpOrigin(
    (_request, response) => response.end(name),
    (socket) => {
      const lines = `Upgrade: websocket\r\nConnection: upgrade\r\nX-Name: ${name}\r\n\r\n`;
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines}`);
      socket.pipe(socket).on("error", () => undefined);
    },
  );

const origins = new Map([
  ["a", await echo("a")],
  ["b", await echo("b")],
]);
for (const origin of origins.values()) after(() => origin[Symbol.asyncDispose]());
const peers = [...origins.values()].map(({ address }) => address);
const tenant = (name: string) => ({ hosts: [`${name}.test`], upstreams: { main: { peers } } });
const { cert, key } = await makeCertificate("DNS:*.test");
const tls = { certificates: [{ cert: "own.pem", key: "own.key" }] };
const proxy = await TestProxy.start({
  env: WITH_TOKEN,
  files: { "own.pem": cert, "own.key": key },
  config: {
    store: "memory",
    listeners: [{ address: "127.0.0.1:0" }, { address: "127.0.0.1:0", tls }],
    tenants: { one: tenant("one"), other: tenant("other") },
  },
});
after(() => proxy[Symbol.asyncDispose]());
const listening = (await proxy.waitFor(({ msg }) => msg === "ready")).listeners as string[];
const [, securePort = 0] = listening.map((at) => Number(at.slice(at.lastIndexOf(":") + 1)));

class WebSocketClient {
  readonly name: string;
  readonly socket: Socket;
  #came = "";

  private constructor(name: string, socket: Socket) {
    this.name = name;
    this.socket = socket;
    socket.setEncoding("latin1").on("data", (text) => {
      this.#came += text;
    });
    socket.on("error", () => undefined);
  }

  static async to(host: string, isSecure: boolean): Promise<WebSocketClient> {
    const headers = { host, connection: "upgrade", upgrade: "websocket" };
    const own = { host: proxy.host, headers, agent: false } as const;
    const asked = isSecure
      ? secureRequest({ ...own, port: securePort, servername: host, rejectUnauthorized: false })
      : request({ ...own, port: proxy.port });
    asked.end();
    const [answer, socket] = await new Promise<[IncomingMessage, Socket]>((resolve) => {
      asked.once("upgrade", (...got) => resolve([got[0], got[1]]));
    });
    return new WebSocketClient(`${answer.headers["x-name"]}`, socket);
  }

  /** A connection that goes there. */
  static async with(name: string, host: string, isSecure: boolean): Promise<WebSocketClient> {
    for (;;) {
      const client = await WebSocketClient.to(host, isSecure);
      if (client.name === name) return client;
      client.socket.destroy();
    }
  }

  async read(length: number): Promise<string> {
    while (this.#came.length < length && !this.socket.closed) {
      await Promise.race([once(this.socket, "data"), once(this.socket, "close")]);
    }
    const text = this.#came.slice(0, length);
    this.#came = this.#came.slice(length);
    return text;
  }

  async greet(): Promise<string> {
    this.socket.write(GREETING, "latin1");
    return await this.read(GREETING.length);
  }
}

const change = async (name: string, body: object): Promise<void> => {
  const peer = encodeURIComponent(origins.get(name)?.address ?? "");
  const { status } = await call(proxy, ["PUT", `/tenants/one/upstreams/main/peers/${peer}`], body);
  assert.equal(status, 204);
};

/** Those that were tried and left on the way are gone there, too. */
async function isAlone(name: string): Promise<void> {
  const labels = `tenant="one",group="main",peer="${origins.get(name)?.address}"`;
  const line = `\nsluice_upstream_peer_active{${labels}} 1\n`;
  while (!(await proxy.metrics()).includes(line));
}

const drained = (name: string, since: number) =>
  proxy.waitFor(
    (line) =>
      proxy.lines.indexOf(line) >= since &&
      line.peer === origins.get(name)?.address &&
      line.state === "drained",
  );

for (const [isSecure, where] of [
  [false, "in the clear"],
  [true, "over TLS"],
] as const) {
  test(`when the time of a drain is over, its WebSockets are told to come again, others not (${where})`, async () => {
    const ours = await WebSocketClient.with("a", "one.test", isSecure);
    const stays = await WebSocketClient.with("b", "one.test", isSecure);
    const others = await WebSocketClient.with("a", "other.test", isSecure);
    await isAlone("a");
    const since = proxy.lines.length;
    await change("a", { state: "draining" });
    assert.equal(await ours.greet(), GREETING);
    await change("a", { state: "draining", drainMs: 50 });
    const { reason } = await drained("a", since);
    assert.equal(reason, "its time is over, with 1 requests under way");
    assert.equal(await ours.read(RESTART.length), RESTART);
    ours.socket.end();
    for (const one of [stays, others]) {
      assert.equal(await one.greet(), GREETING);
      one.socket.end();
    }
    await change("a", { state: "ready" });
  });

  test(`a WebSocket that ends by itself ends the drain (${where})`, async () => {
    const ours = await WebSocketClient.with("b", "one.test", isSecure);
    const since = proxy.lines.length;
    await change("b", { state: "draining" });
    assert.equal(await ours.greet(), GREETING);
    ours.socket.end();
    const { reason } = await drained("b", since);
    assert.equal(reason, undefined);
    await change("b", { state: "ready" });
  });
}
