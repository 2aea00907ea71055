// What hooks make of bodies, and nobody takes: it is in memory whole, as a script's answers are,
// and has a bound together with them. It is the tenant's own requests that find no room.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { httpOrigin } from "./http-origin.ts";
import { oneTenant, TestProxy } from "./proxy.ts";
import { RawClient } from "./raw-client.ts";

const SCRIPT = `import { definePhases } from "sluice";
const large = new Uint8Array(8 * 2 ** 20 + 1).fill(65);
const isLarge = ({ request }) => request.target === "/large";
export default definePhases({
  upstreamPeer: ({ request }) => request.headers.get("x-to") ?? "main",
  requestBodyFilter: (session) => isLarge(session) ? large : undefined,
  responseBodyFilter: (session) => isLarge(session) ? large : undefined,
});`;

/** Fifteen fit. */
const CLIENTS = 16;
const LARGE_BYTES = 8 * 2 ** 20 + 1;
const GET = "GET /large HTTP/1.1\r\nHost: load.test\r\n";
const POST = "POST /large HTTP/1.1\r\nHost: load.test\r\nX-To: deaf\r\nContent-Length: 1\r\n\r\nx";

async function startProxy(main: string, deaf = "127.0.0.1:9"): Promise<TestProxy> {
  const settings = { script: "main.ts", limits: { hookMs: 10_000, memoryMiB: 256 } };
  return await TestProxy.start({
    files: { "main.ts": SCRIPT },
    config: oneTenant({ main: [main], deaf: [deaf] }, settings),
  });
}

/** A client that has read the status, and goes on reading when it is told to. */
async function slowClient(port: number): Promise<{ socket: Socket; status: string }> {
  const { socket } = (await RawClient.to(port)).send(`${GET}\r\n`);
  const [first] = await once(socket, "data");
  socket.pause();
  return { socket, status: String(first).slice(9, 12) };
}

const statusOf = async ({ url }: TestProxy, init: RequestInit = {}): Promise<number> => {
  const response = await fetch(`${url}/large`, init);
  await response.arrayBuffer().catch(() => {});
  return response.status;
};

/** Until room has been given back, which takes as long as it takes to hear of a client's end. */
async function untilServed(proxy: TestProxy, init: RequestInit = {}): Promise<void> {
  while ((await statusOf(proxy, init)) !== 200);
}

test("responses that grew and that clients do not take leave no room for more", async () => {
  await using origin = await httpOrigin((_, response) => response.end("small"));
  await using proxy = await startProxy(origin.address);
  const clients: Awaited<ReturnType<typeof slowClient>>[] = [];
  for (let i = 0; i < CLIENTS; i++) clients.push(await slowClient(proxy.port));
  const statuses = clients.map(({ status }) => status);
  assert.deepEqual(statuses, [...Array(CLIENTS - 1).fill("200"), "503"]);
  const refused = await fetch(`${proxy.url}/large`);
  assert.equal(JSON.parse(await refused.text()).code, "overloaded");
  assert.equal(await (await fetch(`${proxy.url}/small`)).text(), "small");
  // one goes away, another takes its answer
  clients[0]?.socket.destroy();
  clients[1]?.socket.resume();
  await untilServed(proxy);
  for (const { socket } of clients) socket.destroy();
});

test("responses that are encoded again give their room back, taken or not", async () => {
  await using origin = await httpOrigin((_, response) => {
    response.setHeader("content-encoding", "gzip");
    response.end(gzipSync("small"));
  });
  await using proxy = await startProxy(origin.address);
  const coded = { headers: { "accept-encoding": "gzip" } };
  for (let i = 0; i < CLIENTS; i++) assert.equal(await statusOf(proxy, coded), 200);
  for (let i = 0; i < CLIENTS; i++) {
    const client = await RawClient.to(proxy.port);
    client.send(`${GET}Accept-Encoding: gzip\r\n\r\n`);
    await once(client.socket, "data");
    client.socket.destroy();
  }
  await untilServed(proxy, coded);
});

test("uploads that grew and that their origin does not take leave no room for more", async () => {
  const sockets: Socket[] = [];
  await using deaf = createServer((socket) => {
    sockets.push(socket.on("error", () => {}).pause());
  }).listen(0, "127.0.0.1");
  await once(deaf, "listening");
  const place = deaf.address();
  assert.ok(typeof place === "object" && place !== null);
  await using origin = await httpOrigin((incoming, response) => {
    let length = 0;
    incoming.on("data", (chunk: Buffer) => (length += chunk.length));
    incoming.on("end", () => response.end(`${length}`));
  });
  await using proxy = await startProxy(origin.address, `127.0.0.1:${place.port}`);
  const clients: RawClient[] = [];
  for (let i = 0; i < CLIENTS; i++) clients.push((await RawClient.to(proxy.port)).send(POST));
  const refused = await Promise.race(clients.map((client) => client.response()));
  assert.equal(JSON.parse(refused.body).code, "overloaded");
  for (const { socket } of clients) socket.resetAndDestroy();
  await untilServed(proxy, { method: "POST", body: "x" });
  assert.equal(
    LARGE_BYTES,
    Number(
      await (
        await fetch(`${proxy.url}/small`, {
          method: "POST",
          body: Buffer.alloc(LARGE_BYTES),
        })
      ).text(),
    ),
  );
  for (const socket of sockets) socket.destroy();
});
