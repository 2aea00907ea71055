// Uploads that keep coming, but slowly: there is a least rate, or one byte now and then would hold
// a connection for ever.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nearSide } from "./near-side.ts";
import { RawClient } from "./raw-client.ts";
import { ok } from "./raw-origin.ts";

const IDLE_MS = 1_500;

const { origin, proxy } = await nearSide({
  config: {
    timeouts: { bodyIdleMs: IDLE_MS },
    limits: { bodyBytesPerSecond: 20_000 },
  },
});

const HEAD = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

/** Earns more than the idle time. */
const PIECE = `8000\r\n${"x".repeat(32_768)}\r\n`;

test("a body that drips in is answered 408 although each byte comes in time", async () => {
  await origin.reset();
  await using client = await RawClient.to(proxy.port);
  client.send(HEAD);
  const drip = setInterval(() => client.send("1\r\nx\r\n"), 50);
  try {
    assert.equal((await client.response()).status, 408);
  } finally {
    clearInterval(drip);
  }
  await origin.until(() => origin.connections[0]?.hasEnded === true, "end");
  assert.match(origin.text, /\r\n1\r\nx\r\n/);
  assert.doesNotMatch(origin.text, /\r\n0\r\n/);
});

test("a body that keeps to the rate may take longer than its idle time", async () => {
  let came = 0;
  await origin.reset((connection) => {
    came += connection.text.length;
    if (connection.text.endsWith("\r\n0\r\n\r\n")) connection.send(ok("done"));
    connection.text = connection.text.slice(-7);
  });
  await using client = await RawClient.to(proxy.port);
  client.send(HEAD);
  const startMs = performance.now();
  while (performance.now() - startMs < 1.6 * IDLE_MS) {
    const before = came;
    client.send(PIECE);
    await origin.until(() => came > before, "a part of it");
  }
  client.send("0\r\n\r\n");
  assert.equal((await client.response()).body, "done");
});
