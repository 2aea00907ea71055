// Scripts that make everything as large as they can: ctx, edits, requests to the host. Each is a
// clear error of its own request; the isolate lives, and what others keep in it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { oneTenant, TestProxy } from "../life/proxy.ts";
import { exchange, type RawResponse } from "../life/raw-client.ts";
import { answering, ok, RawOrigin } from "../life/raw-origin.ts";

const SCRIPT = `
import { definePhases } from "sluice";
export default definePhases({
  newCtx: () => ({ text: "" }),
  async requestFilter({ request }, ctx) {
    const mode = request.headers.get("x-mode");
    if (mode === "ctx") ctx.text = "x".repeat(1_100_000);
    if (mode === "fits") ctx.text = "x".repeat(1_000_000);
    if (mode === "lines") for (let i = 0; i < 5_000; i++) request.method = "PUT";
    if (mode === "timers") for (let i = 0; i < 5_000; i++) setTimeout(() => {}, 1);
    if (mode === "bodies") for (let i = 0; i < 5_000; i++) request.bytes().catch(() => {});
  },
  upstreamRequestFilter({ upstreamRequest }, ctx) {
    upstreamRequest.headers.set("x-length", String(ctx.text.length));
  },
});
`;

let origin: RawOrigin;
let proxy: TestProxy;

before(async () => {
  origin = await RawOrigin.start(answering(({ lines }) => ok(lines.join("\n"))));
  const limits = { hookMs: 10_000 };
  proxy = await TestProxy.start({
    files: { "main.ts": SCRIPT },
    config: oneTenant({ main: [origin.address] }, { script: "main.ts", limits }),
  });
});

after(async () => {
  await proxy[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
});

let answered = 0;

async function asked(mode: string): Promise<RawResponse> {
  const head = `GET / HTTP/1.1\r\nHost: a\r\nX-Mode: ${mode}\r\n\r\n`;
  const response = await exchange(proxy.port, head);
  answered++;
  return response;
}

const codeOf = ({ body }: RawResponse): unknown => JSON.parse(body).code;

/** Lines of the log that tell of an isolate's end, once all that was answered is in the log. */
async function replaced(): Promise<unknown[]> {
  await proxy.waitFor(() => proxy.requests().length === answered);
  return proxy.lines.filter(({ msg = "" }) => msg.startsWith("isolate"));
}

test("a ctx of over 1 MiB is an error that says so", async () => {
  assert.equal(codeOf(await asked("ctx")), "script_ctx");
  await proxy.waitFor((line) => /ctx has 1100011 characters as JSON/.test(line.msg ?? ""));
});

test("many requests with large ctx at once all get their answers, from one isolate", async () => {
  const responses = await Promise.all(Array.from({ length: 100 }, () => asked("fits")));
  for (const { status, body } of responses) {
    assert.equal(status, 200);
    assert.match(body, /^x-length: 1000000$/im);
  }
  assert.deepEqual(await replaced(), []);
});

for (const mode of ["lines", "timers"]) {
  test(`too many ${mode} in one call fail that call and not the isolate`, async () => {
    assert.equal(codeOf(await asked(mode)), "script_error");
    assert.deepEqual(await replaced(), []);
  });
}

test("too many readings of a body are refused one by one, and the request goes on", async () => {
  assert.equal((await asked("bodies")).status, 200);
  assert.deepEqual(await replaced(), []);
});
