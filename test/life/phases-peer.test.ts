// What upstreamPeer may return besides a group's name, and what session.options change.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { oneTenant, TestProxy } from "./proxy.ts";
import { exchange } from "./raw-client.ts";
import { answering, ok, RawOrigin } from "./raw-origin.ts";

const SCRIPT = `import { definePhases } from "sluice";
const json = (session, name) => JSON.parse(session.request.headers.get(name) ?? "null");
export default definePhases({
  earlyRequestFilter(session) { Object.assign(session.options, json(session, "options")); },
  upstreamPeer: (session) => json(session, "peer") ?? undefined,
});`;

const origin = await RawOrigin.start(answering(ok("default")));
const other = await RawOrigin.start(answering(ok("other")));
const silent = await RawOrigin.start();
const proxy = await TestProxy.start({
  files: { "main.ts": SCRIPT },
  config: oneTenant({ origin: [origin.address] }, { script: "main.ts" }),
});
for (const one of [proxy, origin, other, silent]) after(() => one[Symbol.asyncDispose]());

/** Status and body for a request with this peer and these options. */
async function run(peer: unknown, options: unknown = null, body = ""): Promise<[number, string]> {
  const method = body === "" ? "GET" : "POST";
  const length = body === "" ? "" : `Content-Length: ${body.length}\r\n`;
  const given = `Peer: ${JSON.stringify(peer)}\r\nOptions: ${JSON.stringify(options)}\r\n`;
  const head = `${method} / HTTP/1.1\r\nHost: a.example\r\n${given}${length}\r\n`;
  const response = await exchange(proxy.port, head + body);
  return [response.status, response.body];
}

test("upstreamPeer returns a group, a peer on either transport, or nothing", async () => {
  assert.deepEqual(await run(null), [200, "default"]);
  assert.deepEqual(await run("origin"), [200, "default"]);
  assert.deepEqual(await run({ address: other.address }), [200, "other"]);
  const peer = { address: other.address, transport: "undici", connectTimeoutMs: 10_000 };
  assert.deepEqual(await run(peer), [200, "other"]);
});

const NONSENSE: readonly unknown[] = [
  5,
  true,
  "",
  [],
  {},
  { address: 5 },
  { address: "nowhere" },
  { address: "127.0.0.1:0" },
  { address: "127.0.0.1:99999" },
  { address: "127.0.0.1:80/x" },
  { address: "127.0.0.1:80", transport: "carrier pigeon" },
  { address: "127.0.0.1:80", protocol: "h3" },
  { address: "127.0.0.1:80", protocol: "http2", transport: "undici" },
  { address: "127.0.0.1:80", connectTimeoutMs: -1 },
  { address: "127.0.0.1:80", idleTimeoutMs: 0.5 },
  { address: "127.0.0.1:80", unknown: 1 },
];

for (const peer of NONSENSE) {
  test(`${JSON.stringify(peer)} is no peer: 500 script_result`, async () => {
    const [status, body] = await run(peer);
    assert.equal(status, 500);
    assert.match(body, /script_result/);
  });
}

test("session.options bound the response time and the body of their exchange alone", async () => {
  const slow = await run({ address: silent.address }, { responseTimeoutMs: 50 });
  assert.equal(slow[0], 504);
  assert.equal((await run(null, { requestBodyBytesMax: 4 }, "hello"))[0], 413);
  assert.equal((await run(null, { requestBodyBytesMax: 5 }, "hello"))[0], 200);
  assert.equal((await run(null, null, "hello"))[0], 200);
});

test("an option that there is not is refused", async () => {
  for (const options of [
    { color: 1 },
    { maxRetries: "1" },
    { maxRetries: 99 },
    { bodyIdleMs: -1 },
  ]) {
    const [status, body] = await run(null, options);
    assert.equal(status, 500, JSON.stringify(options));
    assert.match(body, /script_result/);
  }
});
