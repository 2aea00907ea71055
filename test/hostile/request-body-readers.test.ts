// Scripts that read the request's body in every wrong way: twice at once, without waiting for it,
// beyond its limit, too late. The body arrives whole, or the request fails at once; nothing hangs.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { oneTenant, TestProxy } from "../life/proxy.ts";
import { exchange, type RawResponse } from "../life/raw-client.ts";
import { answering, ok, RawOrigin } from "../life/raw-origin.ts";

const SCRIPT = `
import { definePhases } from "sluice";
export default definePhases({
  async requestFilter({ request }) {
    const mode = request.headers.get("x-mode");
    if (mode === "catch") await request.bytes().catch(() => {});
    if (mode === "forget") request.bytes().catch(() => {});
    if (mode === "twice") {
      const [one, two] = await Promise.all([request.text(), request.text()]);
      request.headers.set("x-read", String(one.length + two.length));
    }
  },
  async responseFilter({ request }) {
    if (request.headers.get("x-mode") === "late") await request.text();
  },
});
`;

/** Of over 64 KiB, so that it is not kept for another attempt, in many chunks of one read. */
const CHUNKS = Array.from({ length: 600 }, (_, index) => `${index}`.padStart(500, "-"));
const BODY = CHUNKS.join("");
const CHUNKED = `${CHUNKS.map((chunk) => `1f4\r\n${chunk}\r\n`).join("")}0\r\n\r\n`;
const POST = (mode: string): string =>
  `POST / HTTP/1.1\r\nHost: a\r\nX-Mode: ${mode}\r\nTransfer-Encoding: chunked\r\n\r\n`;

let origin: RawOrigin;
let proxy: TestProxy;

before(async () => {
  origin = await RawOrigin.start();
  const limits = { bufferedBodyBytes: 100_000 };
  proxy = await TestProxy.start({
    files: { "main.ts": SCRIPT },
    config: oneTenant({ main: [origin.address] }, { script: "main.ts", limits }),
  });
});

beforeEach(() => origin.reset(answering(({ lines }) => ok(lines.join("\n")))));

after(async () => {
  await proxy[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
});

const sent = async (mode: string): Promise<RawResponse> =>
  await exchange(proxy.port, POST(mode) + CHUNKED);

/** The chunks' data that the origin got, whatever the chunks. */
function arrived(): string {
  const text = origin.text.slice(origin.text.indexOf("\r\n\r\n") + 4);
  let body = "";
  for (let at = 0; ; ) {
    const lineEnd = text.indexOf("\r\n", at);
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (!(size > 0)) return body;
    body += text.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 2 + size + 2;
  }
}

test("what was too large for a hook that catches it arrives upstream without a gap", async () => {
  assert.equal((await sent("catch")).status, 200);
  assert.equal(arrived(), BODY);
});

test("a hook that does not wait for the body does not hold it up", async () => {
  assert.equal((await sent("forget")).status, 200);
  assert.equal(arrived(), BODY);
});

test("two readings at once both get the body", async () => {
  const { status, body } = await exchange(
    proxy.port,
    `POST / HTTP/1.1\r\nHost: a\r\nX-Mode: twice\r\nContent-Length: 5\r\n\r\nhello`,
  );
  assert.equal(status, 200);
  assert.match(body, /^x-read: 10$/im);
});

test("a body that has gone upstream cannot be read any more, and is not taken for an empty one", async () => {
  assert.equal((await sent("late")).status, 500);
  const said = proxy.waitFor((line) =>
    /can be read up to upstreamRequestFilter/.test(line.msg ?? ""),
  );
  assert.ok(await said);
});
