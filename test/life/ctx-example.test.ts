// scripts/ctx.ts, the example that Pingora's users know, word for word.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { oneTenant, TestProxy } from "./proxy.ts";

async function origin(name: string) {
  const server = createServer((_request, response) => response.end(name));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

test("user, beta, user: counted, routed, and told whether the connection was reused", async () => {
  await using stable = await origin("stable");
  await using beta = await origin("beta");
  const script = await readFile(new URL("../../scripts/ctx.ts", import.meta.url), "utf8");
  await using proxy = await TestProxy.start({
    files: { "ctx.ts": script },
    config: oneTenant({ stable: [stable.address], beta: [beta.address] }, { script: "ctx.ts" }),
  });
  const get = async (headers: Record<string, string> = {}) => {
    const response = await fetch(proxy.url, { headers: { ...headers, connection: "close" } });
    return await response.text();
  };
  assert.equal(await get(), "stable");
  assert.equal(await get({ "beta-flag": "1" }), "beta");
  assert.equal(await get(), "stable");
  await proxy.waitFor(() => proxy.requests().length === 3);
  assert.deepEqual(proxy.scriptLines(), [
    "I'm an user #1",
    "request complete — upstream connection reused: false",
    "I'm a beta user #1",
    "request complete — upstream connection reused: false",
    "I'm an user #3",
    "request complete — upstream connection reused: true",
  ]);
  assert.match(await proxy.metrics(), /sluice_script_value\{tenant="demo",name="requests"\} 3/);
  assert.equal(await proxy.stop(), 0);
});
