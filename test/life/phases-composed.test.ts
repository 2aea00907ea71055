// A script of several parts in front of an origin, in both lanes: its parts' hooks run inwards and
// outwards, also where they await, and an answer of one of them ends its request.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { httpOrigin } from "./http-origin.ts";
import { TestProxy } from "./proxy.ts";
import { RawClient, values } from "./raw-client.ts";

const SCRIPT = `import { compose, definePhases } from "sluice";
const part = (name) => definePhases({
  newCtx: () => ({ name }),
  async requestFilter({ request }, ctx) {
    if (request.path === "/wait") await new Promise((done) => setTimeout(done, 5));
    request.headers.append("x-inwards", ctx.name);
    if (request.path === "/" + ctx.name) return new Response("from " + ctx.name);
  },
  responseFilter: ({ response }, ctx) => response.headers.append("x-outwards", ctx.name),
  responseBodyFilter({ chunk }, ctx) {
    if (chunk.length > 0) return ctx.name + "(" + new TextDecoder().decode(chunk) + ")";
  },
  logging: ({ log }, ctx) => log.set(ctx.name, true),
});
export default compose(part("a"), part("b"));`;

const origin = await httpOrigin(({ headers }, answer) => answer.end(String(headers["x-inwards"])));
const tenant = (isolation: string) => ({
  hosts: [`${isolation}.example`],
  script: "main.ts",
  isolation,
  upstreams: { origin: { peers: [origin.address] } },
  defaultUpstream: "origin",
});
const proxy = await TestProxy.start({
  files: { "main.ts": SCRIPT },
  config: { tenants: { inline: tenant("inline"), process: tenant("process") } },
});
for (const one of [proxy, origin]) after(() => one[Symbol.asyncDispose]());

for (const lane of ["inline", "process"]) {
  const head = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: ${lane}.example\r\n\r\n`;

  for (const path of ["/", "/wait"]) {
    test(`${lane}: ${path} passes through the parts inwards and outwards`, async () => {
      await using client = await RawClient.to(proxy.port);
      const response = await client.send(head(path)).response();
      assert.deepEqual([response.status, response.body], [200, "a(b(a, b))"]);
      assert.deepEqual(values(response, "x-outwards"), ["b", "a"]);
    });
  }

  test(`${lane}: the first part that answers ends the request`, async () => {
    await using client = await RawClient.to(proxy.port);
    for (const [path, body] of [
      ["/a", "from a"],
      ["/b", "from b"],
    ] as const) {
      const response = await client.send(head(path)).response();
      assert.deepEqual([response.status, response.body], [200, body]);
      assert.deepEqual(values(response, "x-outwards"), []);
    }
  });
}
