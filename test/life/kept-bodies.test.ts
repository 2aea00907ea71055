// Bodies that a script wants whole: its tenant's limit holds, whatever size the script names. It
// would otherwise fill the memory of everybody.

import assert from "node:assert/strict";
import { test } from "node:test";
import { call, deploy, list, WITH_TOKEN } from "./control.ts";
import { oneTenant, TestProxy } from "./proxy.ts";
import { SocketOrigin } from "./socket-origin.ts";

const whole = (side: "request" | "response", bytes: number | string): string => `
import { definePhases } from "sluice";
export default definePhases({
  bodies: { ${side}: { bufferBytes: ${bytes} } },
  ${side}BodyFilter(session) { return "kept " + session.chunk.length; },
});
`;

test("a body beyond its tenant's limit is not kept, whatever the script says", async () => {
  await using origin = await SocketOrigin.start();
  const limits = { bufferedBodyBytes: 1_000 };
  await using proxy = await TestProxy.start({
    files: { "main.ts": whole("request", 1_000_000_000_000) },
    config: oneTenant({ origin: [origin.address] }, { script: "main.ts", limits }),
    env: WITH_TOKEN,
  });
  const post = (length: number) =>
    fetch(proxy.url, {
      method: "POST",
      body: "x".repeat(length),
      headers: { connection: "close" },
    });
  assert.equal((await post(1_000)).status, 200);
  assert.equal((await post(1_001)).status, 413);

  // and an upload that asks for more hears of it
  const { status, body } = await deploy(proxy, whole("response", 1_001));
  assert.equal(status, 422);
  const [error] = list(body.errors);
  const text =
    "bodies.response.bufferBytes: expected at most 1000 (limits.bufferedBodyBytes), got 1001";
  assert.equal(error?.text, text);
  const uncounted = await deploy(proxy, whole("response", "2 ** 53"));
  assert.equal(uncounted.status, 422);
  assert.match(
    `${list(uncounted.body.errors)[0]?.text}`,
    /bodies.response.bufferBytes: expected a whole number from 1 to 9007199254740991, got 90071/,
  );
  assert.equal((await deploy(proxy, whole("response", 1_000))).status, 201);
  assert.equal((await call(proxy, ["GET", "/tenants/demo/deployments"])).status, 200);
});
