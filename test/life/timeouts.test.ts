// Every wait ends: for a head, a body, a peer's answer, a next request, and a client that does not
// read what it asked for.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { nearSide } from "./near-side.ts";
import { RawClient, values } from "./raw-client.ts";
import { answering, ok } from "./raw-origin.ts";

/**
 * Not so short that this process, as client and origin, may miss one of the times because the
 * machine is busy.
 */
const SHORT_MS = 1_500;
/** Kernels tell of progress in steps of megabytes: a slow reader must manage one in this time. */
const WRITE_MS = 3_000;

const { origin, proxy } = await nearSide({
  config: {
    limits: { bodyBytesPerSecond: 0 },
    timeouts: {
      headMs: SHORT_MS,
      bodyIdleMs: SHORT_MS,
      keepAliveMs: SHORT_MS,
      clientWriteMs: WRITE_MS,
    },
  },
  upstream: { responseTimeoutMs: SHORT_MS },
});

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

async function assertTimedOut(client: RawClient): Promise<void> {
  const response = await client.response();
  assert.equal(response.status, 408);
  assert.deepEqual(values(response, "connection"), ["close"]);
  await client.closed();
}

test("half a head is answered 408", async () => {
  await using client = await RawClient.to(proxy.port);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n");
  await assertTimedOut(client);
});

test("a head that drips in gets no more time for each byte", async () => {
  await using client = await RawClient.to(proxy.port);
  client.send("GET / HTTP/1.1\r\n");
  const drip = setInterval(() => client.send("X: y\r\n"), 50);
  try {
    await client.until(() => client.text.includes("\r\n\r\n"), "answer");
  } finally {
    clearInterval(drip);
  }
  await assertTimedOut(client);
});

test("a client that never says anything is closed without a word", async () => {
  await using client = await RawClient.to(proxy.port);
  await client.closed();
  assert.equal(client.text, "");
});

test("half of a second head is answered 408 too", async () => {
  await origin.reset(answering(ok()));
  await using client = await RawClient.to(proxy.port);
  client.send(`${GET}GET / HT`);
  assert.equal((await client.response()).status, 200);
  await assertTimedOut(client);
});

test("an idle connection is closed without a word", async () => {
  await origin.reset(answering(ok()));
  await using client = await RawClient.to(proxy.port);
  client.send(GET);
  assert.equal((await client.response()).status, 200);
  await client.closed();
  assert.equal(client.text, "");
});

test("a body that stops is answered 408, and the origin gets no end of it", async () => {
  await origin.reset();
  await using client = await RawClient.to(proxy.port);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
  await assertTimedOut(client);
  await origin.until(() => origin.connections[0]?.hasEnded === true, "end");
  assert.match(origin.text, /\r\n\r\nhel$/);
});

test("a body that keeps coming may take longer than its idle time", async () => {
  await origin.reset(answering(() => ok("done")));
  await using client = await RawClient.to(proxy.port);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (const startMs = performance.now(); performance.now() - startMs < 1.6 * SHORT_MS; ) {
    const before = origin.text.length;
    client.send("1\r\nx\r\n");
    await origin.until(() => origin.text.length > before, "chunk");
  }
  client.send("0\r\n\r\n");
  assert.equal((await client.response()).body, "done");
});

test("an origin that does not answer is a 504", async () => {
  await origin.reset();
  await using client = await RawClient.to(proxy.port);
  client.send(GET);
  const response = await client.response();
  assert.equal(response.status, 504);
  assert.doesNotMatch(response.body, /127\.0\.0\.1/, "whose fault is told, not who");
});

test("an origin that stops within its body breaks the answer off", async () => {
  await origin.reset(answering("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel"));
  await using client = await RawClient.to(proxy.port);
  client.send(GET);
  await client.until(() => client.isClosed, "close");
  assert.equal(client.error?.code, "ECONNRESET");
});

test("a client that never reads a large answer is cut off, and memory stays bounded", async () => {
  const megabyte = "x".repeat(1_048_576);
  let sent = 0;
  await origin.reset(({ socket, text }) => {
    if (!text.endsWith("\r\n\r\n") || sent > 0) return;
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${megabyte.length * 200}\r\n\r\n`);
    const more = (): void => {
      while (sent < 200 && socket.writable) {
        sent++;
        if (!socket.write(megabyte, "latin1")) return void socket.once("drain", more);
      }
    };
    more();
  });
  const before = residentBytes();
  await using client = await RawClient.to(proxy.port);
  client.socket.pause();
  client.send(GET);
  const line = await proxy.waitFor((entry) => entry.error === "client_write_timeout");
  assert.equal(line.status, 200);
  assert.ok(sent < 100, `${sent} MB were taken from the origin`);
  assert.ok(residentBytes() - before < 128 * 1_048_576, "memory grew");
});

test("a client that reads slowly but reads is not cut off", async () => {
  const body = "x".repeat(48_000_000);
  await origin.reset(answering(ok(body)));
  await using client = await RawClient.to(proxy.port);
  client.socket.pause();
  client.send(GET);
  const sip = setInterval(() => {
    client.socket.resume();
    client.socket.once("data", () => client.socket.pause());
  }, 10);
  const startMs = performance.now();
  try {
    await client.until(() => performance.now() - startMs > 1.3 * WRITE_MS, "time");
  } finally {
    clearInterval(sip);
  }
  assert.ok(client.received < body.length, "it was faster than its time");
  client.socket.resume();
  // counted, not cut into a response at each chunk: that would take its square in time
  const head = client.text.indexOf("\r\n\r\n") + 4;
  await client.until(() => client.received >= head + body.length, "the rest");
});

/** Of the proxy process. */
function residentBytes(): number {
  const status = readFileSync(`/proc/${proxy.process.pid}/status`, "latin1");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1_024;
}
