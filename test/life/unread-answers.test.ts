// Large answers that a script makes and clients do not take: what of them is in memory has a bound,
// and it is the tenant's own requests that find no room.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { oneTenant, TestProxy } from "./proxy.ts";
import { exchange } from "./raw-client.ts";

const SCRIPT = `import { definePhases } from "sluice";
const large = new Uint8Array(16 * 2 ** 20 - 1_024).fill(65);
export default definePhases({
  requestFilter(session) {
    return new Response(session.request.target === "/large" ? large : "small");
  },
});`;

/** Nine would be more than a tenant may have under way. */
const CLIENTS = 9;
const HEAD = "GET /large HTTP/1.1\r\nHost: load.test\r\n\r\n";

/** A client that has read the status, and goes on reading when it is told to. */
async function slowClient(port: number): Promise<{ socket: Socket; status: string }> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(HEAD);
  const [first] = await once(socket, "data");
  socket.pause();
  return { socket, status: String(first).slice(9, 12) };
}

test("large answers that clients do not take leave no room for more, until they do", async () => {
  await using proxy = await TestProxy.start({
    files: { "main.ts": SCRIPT },
    config: oneTenant({ none: ["127.0.0.1:9"] }, { script: "main.ts", limits: { hookMs: 10_000 } }),
  });
  const ask = (target: string): Promise<{ status: number; body: string }> =>
    exchange(proxy.port, `GET ${target} HTTP/1.1\r\nHost: load.test\r\nConnection: close\r\n\r\n`);
  const clients: Awaited<ReturnType<typeof slowClient>>[] = [];
  for (let i = 0; i < CLIENTS; i++) clients.push(await slowClient(proxy.port));
  const statuses = clients.map(({ status }) => status);
  assert.deepEqual(statuses, [...Array(CLIENTS - 1).fill("200"), "503"]);
  const refused = await ask("/large");
  assert.equal(JSON.parse(refused.body).code, "overloaded");
  // what is small needs no room
  assert.deepEqual((await ask("/")).body, "small");
  // one goes away, another takes its answer
  clients[0]?.socket.destroy();
  clients[1]?.socket.resume();
  while ((await ask("/large")).status !== 200);
  for (const { socket } of clients) socket.destroy();
});
