// scripts/hardened.ts: what no tenant can take away.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, test } from "node:test";
import { httpOrigin } from "../life/http-origin.ts";
import { get } from "../life/plain-get.ts";
import { TestProxy } from "../life/proxy.ts";

const SHOP = `
  import { definePhases } from "sluice";
  export default definePhases({
    earlyRequestFilter({ options }) { options.requestBodyBytesMax = 1e9; },
    requestFilter({ request }) {
      if (request.target === "/own") return new Response("own");
      if (request.target === "/throws") throw new Error("no");
    },
    responseFilter({ response }) {
      response.headers.delete("x-content-type-options");
      response.headers.set("content-security-policy", "none of it");
      response.headers.set("x-powered-by", "shop");
    },
  });`;

const origin = await httpOrigin((_request, response) => response.end("origin"));
const proxy = await TestProxy.start({
  files: {
    "hardened.ts": await readFile(new URL("../../scripts/hardened.ts", import.meta.url), "utf8"),
    "shop.ts": SHOP,
  },
  config: {
    operator: { script: "hardened.ts", env: { BODY_BYTES_MAX: "100" } },
    tenants: {
      shop: {
        hosts: ["shop.example"],
        script: "shop.ts",
        upstreams: { main: { peers: [origin.address] } },
        routes: [{ path: "/moved", redirect: { to: "https://{host}/", status: 301 } }],
      },
    },
  },
});
after(async () => {
  await proxy[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
});

for (const [target, status] of [
  ["/", 200],
  ["/own", 200],
  ["/throws", 500],
  ["/moved", 301],
] as const) {
  test(`${target} is answered with the operator's headers`, async () => {
    const { headers, ...got } = await get(proxy, { host: "shop.example", target });
    assert.equal(got.status, status);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("content-security-policy"), "frame-ancestors 'none'");
    assert.equal(headers.get("x-powered-by"), null);
  });
}

test("a body above the operator's bound is refused, whatever the tenant allows", async () => {
  const host = "shop.example";
  const { status, headers } = await get(proxy, { host, target: "/", body: "x".repeat(101) });
  assert.deepEqual([status, headers.get("x-content-type-options")], [413, "nosniff"]);
  assert.equal((await get(proxy, { host, target: "/", body: "x".repeat(100) })).status, 200);
});
