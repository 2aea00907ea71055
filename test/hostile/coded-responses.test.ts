// An upstream whose coded bodies are large, or go on behind their own end, while a script filters
// them.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { brotliCompressSync, gunzipSync, gzipSync } from "node:zlib";
import { oneTenant, TestProxy } from "../life/proxy.ts";
import { RawClient } from "../life/raw-client.ts";
import { answering, RawOrigin } from "../life/raw-origin.ts";

const SCRIPT = `
import { definePhases } from "sluice";
export default definePhases({ responseBodyFilter() {} });
`;

let origin: RawOrigin;
let proxy: TestProxy;

before(async () => {
  origin = await RawOrigin.start();
  const files = { "main.ts": SCRIPT };
  proxy = await TestProxy.start({
    files,
    config: oneTenant({ main: [origin.address] }, { script: "main.ts" }),
  });
});

after(async () => {
  await proxy[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
});

const REQUEST = "GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip, br\r\n\r\n";

test("a compressed body of several megabytes passes its hook from end to end", async () => {
  const page = randomBytes(3_000_000);
  const coded = gzipSync(page).toString("latin1");
  const head = `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${coded.length}`;
  await origin.reset(answering(`${head}\r\n\r\n${coded}`));
  await using client = await RawClient.to(proxy.port);
  const { status, body } = await client.send(REQUEST).response();
  assert.equal(status, 200);
  assert.ok(gunzipSync(Buffer.from(body, "latin1")).equals(page));
});

test("an upstream that sends on and on behind its coding's end is broken off", async () => {
  await origin.reset();
  await using client = await RawClient.to(proxy.port);
  client.send(REQUEST);
  await origin.until(() => origin.text.endsWith("\r\n\r\n"), "request");
  const [connection] = origin.connections;
  const coded = brotliCompressSync("hello").toString("latin1");
  connection?.send(`HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n${coded}`);
  await client.until(() => client.text.includes("\r\n\r\n"), "head");
  const padding = Buffer.alloc(1_000_000);
  const push = (error?: Error | null): void => {
    if (!error) connection?.socket.write(padding, push);
  };
  push();
  await origin.until(() => connection?.isClosed === true, "end of the upstream's connection");
  const line = await proxy.waitFor((one) => typeof one.error === "string");
  assert.equal(line.error, "upstream_protocol");
});
