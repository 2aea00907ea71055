// `deflate` without zlib's format around it, as IIS and some clients send it: decoded for hooks all
// the same (RFC 9110 section 8.4.1.2 names both).

import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync, deflateSync, inflateSync } from "node:zlib";
import { nearSide } from "./near-side.ts";
import { exchange } from "./raw-client.ts";
import { answering, ok } from "./raw-origin.ts";

const SCRIPT = `
  import { definePhases } from "sluice";
  const shout = (chunk) => new TextDecoder().decode(chunk).toUpperCase();
  export default definePhases({
    requestBodyFilter: ({ chunk }) => shout(chunk),
    responseBodyFilter: ({ chunk }) => shout(chunk),
  });`;

const { origin, proxy } = await nearSide({
  tenant: { script: "main.ts" },
  files: { "main.ts": SCRIPT },
});

const GET = "GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: deflate\r\n\r\n";
const CODED = "Content-Encoding: deflate\r\n";

for (const [what, encode] of [
  ["in zlib's format", deflateSync],
  ["raw", deflateRawSync],
] as const) {
  const coded = encode("hello hello hello").toString("latin1");

  test(`a response in deflate, ${what}, is decoded for its hook and leaves in zlib's format`, async () => {
    await origin.reset(answering(ok(coded, CODED)));
    const { status, body } = await exchange(proxy.port, GET);
    assert.equal(status, 200);
    assert.equal(inflateSync(Buffer.from(body, "latin1")).toString(), "HELLO HELLO HELLO");
  });

  test(`so is a request's body, ${what}`, async () => {
    await origin.reset(answering(({ body }) => ok(body.split("\r\n")[1])));
    const head = `POST / HTTP/1.1\r\nHost: a\r\n${CODED}Content-Length: ${coded.length}\r\n\r\n`;
    assert.equal((await exchange(proxy.port, head + coded)).body, "HELLO HELLO HELLO");
  });
}

test("a response that only says that it is deflate is a 502", async () => {
  await origin.reset(answering(ok("not compressed at all", CODED)));
  assert.equal((await exchange(proxy.port, GET)).status, 502);
});
