// Clients and origins that cut a body into chunks of one byte: each is six bytes on the wire and
// must cost the proxy neither a hundred bytes of memory, nor a write, nor a hook call.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { oneTenant, TestProxy } from "../life/proxy.ts";
import { exchange, RawClient } from "../life/raw-client.ts";
import { answering, ok, RawOrigin } from "../life/raw-origin.ts";

const SCRIPT = `
  import { definePhases } from "sluice";
  const counts = (phase) => ({
    newCtx: () => ({ calls: 0 }),
    [phase](session, ctx) {
      ctx.calls++;
      if (session.endOfStream) return "calls: " + ctx.calls;
      return null;
    },
  });
  const scripts = {
    read: { requestFilter: async ({ request }) => new Response((await request.bytes()).length) },
    whole: { bodies: { request: { bufferBytes: 4_000_000 } }, ...counts("requestBodyFilter") },
    up: counts("requestBodyFilter"),
    down: counts("responseBodyFilter"),
    none: {},
  };
  export default definePhases(scripts.KIND);`;

const HEAD = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
const END = "0\r\n\r\n";
const CLIENTS = 8;
const BYTES = 2_000_000;
const MANY = Buffer.from("1\r\nx\r\n".repeat(BYTES / 100));

/** Of chunks without a line break in them. */
const dataOf = (chunks: string): string => chunks.replace(/[0-9a-f]+\r\n(.*)\r\n/g, "$1");

/** With an origin that answers with the body that it got, less its framing. */
async function start(kind: string): Promise<{ origin: RawOrigin; proxy: TestProxy }> {
  const origin = await RawOrigin.start();
  after(() => origin[Symbol.asyncDispose]());
  origin.behaviour = answering(({ body }) => ok(dataOf(body)));
  const proxy = await TestProxy.start({
    files: { "main.ts": SCRIPT.replace("KIND", kind) },
    config: oneTenant({ main: [origin.address] }, { script: "main.ts" }),
  });
  after(() => proxy[Symbol.asyncDispose]());
  return { origin, proxy };
}

async function send(port: number): Promise<string> {
  await using client = await RawClient.to(port);
  client.send(HEAD);
  for (let i = 0; i < 100; i++) if (!client.socket.write(MANY)) await once(client.socket, "drain");
  return (await client.send(END).response()).body;
}

const memoryMiB = (proxy: TestProxy, line: "VmRSS" | "VmHWM"): number => {
  const status = readFileSync(`/proc/${proxy.process.pid}/status`, "utf8");
  return Number(new RegExp(`^${line}:\\s+(\\d+)`, "m").exec(status)?.[1]) / 1_024;
};

for (const [kind, answer] of [
  ["read", `${BYTES}`],
  ["whole", "calls: 1"],
] as const) {
  const skip = process.platform === "linux" ? false : "memory is read from /proc";
  test(`bodies kept for a hook (${kind}) take their bytes and no more`, { skip }, async (t) => {
    const { proxy } = await start(kind);
    await exchange(proxy.port, `${HEAD}1\r\nx\r\n${END}`);
    const before = memoryMiB(proxy, "VmRSS");
    const answers = await Promise.all(Array.from({ length: CLIENTS }, () => send(proxy.port)));
    for (const got of answers) assert.equal(got, answer);
    const peak = memoryMiB(proxy, "VmHWM") - before;
    t.diagnostic(`${Math.round(peak)} MiB`);
    assert.ok(peak < 200, `${peak} MiB`);
  });
}

/** 60 kB on the wire: one read of the proxy's, or a few. */
const CHUNKS = "1\r\nx\r\n".repeat(10_000);
const READS_MAX = 20;

test("the chunks of one read meet a request's body hook in one call", async () => {
  const { proxy } = await start("up");
  const { body } = await exchange(proxy.port, HEAD + CHUNKS + END);
  assert.ok(Number(body.slice("calls: ".length)) <= READS_MAX, body);
});

test("the chunks of one read leave together, upwards", async () => {
  const { origin, proxy } = await start("none");
  const { body } = await exchange(proxy.port, HEAD + CHUNKS + END);
  assert.equal(body, "x".repeat(10_000));
  const text = origin.connections.map((connection) => connection.text).join("");
  assert.ok(text.split("\r\n").length <= 2 * READS_MAX + 20);
});

for (const kind of ["none", "down"]) {
  test(`the chunks of one read go down together, with hooks: ${kind}`, async () => {
    const { origin, proxy } = await start(kind);
    await origin.reset(answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
    await using client = await RawClient.to(proxy.port);
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.until(() => client.text.includes("\r\n\r\n"), "head");
    origin.connections[0]?.send(CHUNKS + END);
    await client.until(() => client.text.endsWith(END) || /calls: \d+/.test(client.text), "end");
    const calls = /calls: (\d+)/.exec(client.text)?.[1];
    if (kind === "down") assert.ok(Number(calls) <= READS_MAX, `${calls} calls`);
    else assert.ok(client.text.split("\r\n").length <= 2 * READS_MAX + 20);
  });
}
