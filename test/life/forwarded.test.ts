// What the proxy adds about a client and about itself, and whose word about that it takes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nearSide } from "./near-side.ts";
import { exchange, RawClient, values } from "./raw-client.ts";
import { answering, ok, requestText } from "./raw-origin.ts";

/** A trusted proxy's address, and a client's that is not. */
const TRUSTED = "127.0.0.2";
const STRANGER = "127.0.0.1";

const { origin, proxy } = await nearSide({
  config: { trustedProxies: ["127.0.0.2/32", "10.0.0.0/8"] },
});

const CLAIMS = [
  "X-Forwarded-For: 6.6.6.6, 1.2.3.4, 10.1.1.1",
  "X-Forwarded-Proto: https",
  "X-Forwarded-Host: shop.example",
  "X-Forwarded-Port: 8443",
  "X-Forwarded-Prefix: /app",
  "X-FORWARDED-USER: admin",
  "Forwarded: for=1.2.3.4;proto=https",
  "X-Request-Id: given-1",
];

async function sentUp(from: string, ...lines: string[]) {
  await origin.reset(answering(ok()));
  await using client = await RawClient.to(proxy.port, from);
  client.send(`GET / HTTP/1.1\r\n${["Host: a", ...lines].join("\r\n")}\r\n\r\n`);
  const response = await client.response();
  const up = requestText(origin.text);
  return { response, up, of: (name: string) => values(up, name) };
}

test("an origin learns who asked, for which host, and through whom", async () => {
  const { response, of } = await sentUp(STRANGER);
  assert.deepEqual(of("x-forwarded-for"), [STRANGER]);
  assert.deepEqual(of("x-forwarded-proto"), ["http"]);
  assert.deepEqual(of("x-forwarded-host"), ["a"]);
  assert.match(of("via").join(), /^1\.1 [\w-]+$/);
  assert.deepEqual(of("x-request-id"), values(response, "x-request-id"));
  assert.match(of("x-request-id").join(), /^[\w-]{8,}$/);
});

test("a stranger's word about the client is dropped, whichever field it is in", async () => {
  const { up, of } = await sentUp(STRANGER, ...CLAIMS, "Accept: x");
  assert.deepEqual(of("x-forwarded-for"), [STRANGER]);
  assert.deepEqual(of("x-forwarded-proto"), ["http"]);
  assert.deepEqual(of("x-forwarded-host"), ["a"]);
  for (const name of ["x-forwarded-port", "x-forwarded-prefix", "x-forwarded-user", "forwarded"]) {
    assert.deepEqual(of(name), [], name);
  }
  assert.notDeepEqual(of("x-request-id"), ["given-1"]);
  assert.ok(up.lines.includes("Accept: x"));
});

test("a trusted proxy's word is passed on, and its own address added", async () => {
  const { response, of } = await sentUp(TRUSTED, ...CLAIMS);
  assert.deepEqual(of("x-forwarded-for"), [`6.6.6.6, 1.2.3.4, 10.1.1.1, ${TRUSTED}`]);
  assert.deepEqual(of("x-forwarded-proto"), ["https"]);
  assert.deepEqual(of("x-forwarded-host"), ["shop.example"]);
  assert.deepEqual(of("x-forwarded-port"), ["8443"]);
  assert.deepEqual(of("x-forwarded-prefix"), ["/app"]);
  assert.deepEqual(of("x-forwarded-user"), ["admin"]);
  assert.deepEqual(of("forwarded"), [`for=1.2.3.4;proto=https, for=${TRUSTED};proto=http`]);
  assert.deepEqual(of("x-request-id"), ["given-1"]);
  assert.deepEqual(values(response, "x-request-id"), ["given-1"]);
});

test("the client in the log is the last address that no trusted proxy has", async () => {
  await sentUp(TRUSTED, ...CLAIMS.slice(0, 1), "X-Request-Id: chain-1");
  const line = await proxy.waitFor((entry) => entry.id === "chain-1");
  assert.equal(line.client, "1.2.3.4");
});

test("an id that could break a log line is replaced", async () => {
  const { of } = await sentUp(TRUSTED, 'X-Request-Id: a"b c');
  assert.match(of("x-request-id").join(), /^[\w-]{8,}$/);
});

test("two ids are none", async () => {
  const { of } = await sentUp(TRUSTED, "X-Request-Id: a", "X-Request-Id: b");
  assert.equal(of("x-request-id").length, 1);
  assert.match(of("x-request-id").join(), /^[\w-]{20}$/);
});

test("the origin's own request id does not replace ours", async () => {
  await origin.reset(answering(ok("", "X-Request-Id: theirs\r\n")));
  const response = await exchange(proxy.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  assert.equal(values(response, "x-request-id").length, 1);
  assert.notDeepEqual(values(response, "x-request-id"), ["theirs"]);
});

test("Via grows by one, and a request that carries our own name is a loop", async () => {
  const first = await sentUp(STRANGER, "Via: 1.0 elsewhere");
  const [via = ""] = first.of("via");
  assert.match(via, /^1\.0 elsewhere, 1\.1 [\w-]+$/);
  const looped = await sentUp(STRANGER, `Via: ${via}`);
  assert.equal(looped.response.status, 508);
  assert.equal(origin.text, "");
});

test("Max-Forwards of OPTIONS counts down, and 0 is answered here", async () => {
  const ask = async (given: string) => {
    await origin.reset(answering(ok()));
    const head = `OPTIONS /a HTTP/1.1\r\nHost: a\r\nMax-Forwards: ${given}\r\n\r\n`;
    return await exchange(proxy.port, head);
  };
  await ask("7");
  assert.deepEqual(values(requestText(origin.text), "max-forwards"), ["6"]);
  const last = await ask("0");
  assert.equal(last.status, 204);
  assert.match(values(last, "allow").join(), /GET, HEAD, POST/);
  assert.equal(origin.text, "");
  const get = await sentUp(STRANGER, "Max-Forwards: 0");
  assert.equal(get.response.status, 200);
});
