// Clients that take a large answer slowly: it stays whole, however long its end takes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nearSide } from "./near-side.ts";
import { RawClient } from "./raw-client.ts";

const BODY_BYTES = 16_000_000;

const SCRIPT = `
  import { definePhases } from "sluice";
  export default definePhases({
    requestFilter(session) {
      const isLarge = session.request.url.endsWith("/large");
      return new Response(isLarge ? "x".repeat(${BODY_BYTES}) : "small");
    },
  });`;

const { proxy } = await nearSide({
  config: { timeouts: { clientWriteMs: 1_000 } },
  tenant: { script: "main.ts", limits: { memoryMiB: 256, hookMs: 5_000 } },
  files: { "main.ts": SCRIPT },
});

const last = (path: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;

/** Client connections that the proxy holds. */
async function held(): Promise<number> {
  const text = await proxy.metrics();
  return Number(/^sluice_connections(?:\{[^}]*\})? (\d+)$/m.exec(text)?.[1]);
}

test("the last answer of a connection outlasts the time that its end would have", async () => {
  await using client = await RawClient.to(proxy.port);
  client.send(last("/large"));
  await client.until(() => client.received > 0, "first bytes");
  client.socket.pause();
  // This one has its answer, but keeps its half open: it is closed after the lingering time.
  await using other = await RawClient.to(proxy.port);
  other.send(last("/small"));
  await other.response();
  for (let asked = 1; (await held()) > 1; asked++) {
    if (asked % 10 !== 0) continue; // far more than that is taken in the lingering time else
    const before = client.received;
    client.socket.resume();
    await client.until(() => client.received > before, "a piece");
    client.socket.pause();
  }
  client.socket.resume();
  assert.equal((await client.response()).body.length, BODY_BYTES);
  await client.closed();
});

test("a client that takes nothing of its last answer is cut off", async () => {
  await using client = await RawClient.to(proxy.port);
  client.send(last("/large"));
  await client.until(() => client.received > 0, "first bytes");
  client.socket.pause();
  while ((await held()) > 0);
  client.socket.resume();
  await client.until(() => client.isClosed, "close");
  assert.ok(client.received < BODY_BYTES);
});
