// Clients that take a large answer slowly: it stays whole, however long its end takes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type NearSide, nearSide } from "./near-side.ts";
import type { TestProxy } from "./proxy.ts";
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

const start = (clientWriteMs: number): Promise<NearSide> =>
  nearSide({
    config: { timeouts: { clientWriteMs } },
    tenant: { script: "main.ts", limits: { memoryMiB: 256, hookMs: 5_000 } },
    files: { "main.ts": SCRIPT },
  });

const last = (path: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;

/** Client connections that the proxy holds. */
async function held(proxy: TestProxy): Promise<number> {
  const text = await proxy.metrics();
  return Number(/^sluice_connections(?:\{[^}]*\})? (\d+)$/m.exec(text)?.[1]);
}

test("the last answer of a connection outlasts the time that its end would have", async () => {
  const { proxy } = await start(60_000);
  await using client = await RawClient.to(proxy.port);
  client.send(last("/large"));
  await client.until(() => client.received > 0, "first bytes");
  client.socket.pause();
  // This one has its answer, but keeps its half open: it is closed after the lingering time.
  await using other = await RawClient.to(proxy.port);
  other.send(last("/small"));
  await other.response();
  while ((await held(proxy)) > 1) {
    // asked again: each answer takes a round trip
  }
  client.socket.resume();
  assert.equal((await client.response()).body.length, BODY_BYTES);
  await client.closed();
});

test("a client that takes nothing of its last answer is cut off", async () => {
  const { proxy } = await start(1_000);
  await using client = await RawClient.to(proxy.port);
  client.send(last("/large"));
  await client.until(() => client.received > 0, "first bytes");
  client.socket.pause();
  while ((await held(proxy)) > 0) {
    // as above
  }
  client.socket.resume();
  await client.until(() => client.isClosed, "close");
  assert.ok(client.received < BODY_BYTES);
});
