// Many requests at once whose hooks use one buffer, one initial ctx, and move their chunks away:
// each client and each origin gets what belongs to its own request, in both lanes.

import assert from "node:assert/strict";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { type HttpOrigin, httpOrigin } from "./http-origin.ts";
import { oneTenant, TestProxy } from "./proxy.ts";

const SCRIPT = `import { definePhases } from "sluice";
const scratch = new Uint8Array(65_536);
const start = { user: "nobody" };
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const again = (chunk) => {
  scratch.set(chunk);
  return scratch.subarray(0, chunk.length);
};
export default definePhases({
  newCtx: () => start,
  async requestFilter({ request }, ctx) {
    const user = request.headers.get("x-user");
    if (ctx.user === "nobody" && user) ctx.user = user;
    if (request.target === "/own") {
      const { written } = encoder.encodeInto(await request.text(), scratch);
      return new Response(scratch.subarray(0, written));
    }
    if (request.target === "/buffer") {
      return new Response(decoder.decode((await request.bytes()).buffer));
    }
  },
  requestBodyFilter: ({ chunk }) => again(chunk),
  responseFilter({ response }, ctx) {
    response.headers.set("x-user", ctx.user);
  },
  responseBodyFilter({ chunk, request }) {
    const text = decoder.decode(chunk.buffer);
    const result = again(encoder.encode(text));
    if (request.target === "/moved") chunk.buffer.transfer();
    if (request.target !== "/later") return result;
    const mine = new Uint8Array(chunk);
    Promise.resolve().then(() => structuredClone(mine.buffer, { transfer: [mine.buffer] }));
    return mine;
  },
});`;

const ROUNDS = 8;
const AT_ONCE = 32;
const TARGETS = ["/", "/moved", "/later", "/own", "/buffer"];

async function ask(port: number, number: number): Promise<void> {
  const target = TARGETS[number % TARGETS.length] ?? "/";
  const token = `<${number}>`.repeat(200);
  const user = number % 3 === 0 ? "" : `user${number}`;
  const response = await fetch(`http://127.0.0.1:${port}${target}`, {
    method: "POST",
    headers: { "x-user": user },
    body: token,
  });
  assert.equal(await response.text(), token, target);
  assert.equal(response.status, 200);
  if (target !== "/own" && target !== "/buffer") {
    assert.equal(response.headers.get("x-user"), user === "" ? "nobody" : user);
  }
}

/** Says what it got. */
const echo = (): Promise<HttpOrigin> =>
  httpOrigin(async (incoming, response) => {
    response.end(await buffer(incoming).catch(() => ""));
  });

for (const isolation of ["inline", "process"]) {
  test(`no request gets another's bytes or ctx (${isolation})`, async () => {
    await using origin = await echo();
    await using proxy = await TestProxy.start({
      files: { "main.ts": SCRIPT },
      config: oneTenant(
        { main: [origin.address] },
        { script: "main.ts", isolation, egress: ["127.0.0.1"] },
      ),
    });
    for (let round = 0; round < ROUNDS; round++) {
      const numbers = Array.from({ length: AT_ONCE }, (_, i) => round * AT_ONCE + i);
      await Promise.all(numbers.map((number) => ask(proxy.port, number)));
    }
    assert.deepEqual(proxy.scriptLines(), []);
    assert.deepEqual(
      proxy.lines.filter(({ level }) => level === "error" || level === "warn"),
      [],
    );
  });
}
