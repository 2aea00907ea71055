// `session.client.state`: what a script keeps for a client's connection, in both lanes: for the
// next requests on it, for its own tenant, and for nobody else.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { TestProxy } from "./proxy.ts";
import { RawClient } from "./raw-client.ts";

const SCRIPT = `import { definePhases } from "sluice";
export default definePhases({
  newCtx: () => ({ n: 0 }),
  async requestFilter({ request, client }, ctx) {
    if (request.path === "/forget") client.state = undefined;
    if (request.path === "/change") client.state.n = 7;
    if (request.path === "/large") client.state = "x".repeat(4_096);
    if (request.path === "/set") client.state = { at: new Set() };
    ctx.n = (client.state?.n ?? 0) + 1;
    client.state = { n: ctx.n };
    if (request.path === "/wait") await new Promise((done) => setTimeout(done, 5));
    if (request.path === "/throw") throw new Error("not kept, kept");
  },
  proxyUpstreamFilter: ({ client }, ctx) => new Response(client.state.n + " " + ctx.n),
});`;

const tenant = (name: string, isolation = "inline") => ({
  hosts: [`${name}.example`],
  script: "main.ts",
  isolation,
});
const tenants = {
  inline: tenant("inline"),
  other: tenant("other"),
  process: tenant("process", "process"),
};
const proxy = await TestProxy.start({ files: { "main.ts": SCRIPT }, config: { tenants } });
const behind = await TestProxy.start({
  files: { "main.ts": SCRIPT },
  config: { tenants, trustedProxies: ["127.0.0.1"] },
});
for (const one of [proxy, behind]) after(() => one[Symbol.asyncDispose]());

const head = (host: string, path = "/", more = ""): string =>
  `GET ${path} HTTP/1.1\r\nHost: ${host}.example\r\n${more}\r\n`;

async function ask(client: RawClient, request: string): Promise<string> {
  const { status, body } = await client.send(request).response();
  return status === 200 ? `${body}` : `${status}`;
}

for (const lane of ["inline", "process"]) {
  test(`${lane}: the requests of one connection count on, and those of another begin`, async () => {
    await using one = await RawClient.to(proxy.port);
    await using two = await RawClient.to(proxy.port);
    assert.equal(await ask(one, head(lane)), "1 1");
    assert.equal(await ask(one, head(lane, "/wait")), "2 2");
    assert.equal(await ask(two, head(lane)), "1 1");
    assert.equal(await ask(one, head(lane)), "3 3");
  });

  test(`${lane}: so do those that were sent at once`, async () => {
    await using client = await RawClient.to(proxy.port);
    client.send([1, 2, 3, 4].map(() => head(lane, "/wait")).join(""));
    for (const n of [1, 2, 3, 4]) assert.equal(`${(await client.response()).body}`, `${n} ${n}`);
  });

  test(`${lane}: another tenant on the same connection has its own`, async () => {
    await using client = await RawClient.to(proxy.port);
    assert.equal(await ask(client, head(lane)), "1 1");
    assert.equal(await ask(client, head("other")), "1 1");
    assert.equal(await ask(client, head(lane)), "2 2");
    assert.equal(await ask(client, head("other")), "2 2");
  });

  test(`${lane}: what is not JSON, too large, or an edit of what was read, fails`, async () => {
    await using client = await RawClient.to(proxy.port);
    assert.equal(await ask(client, head(lane)), "1 1");
    for (const path of ["/change", "/large", "/set"]) {
      assert.equal(await ask(client, head(lane, path)), "500", path);
    }
    assert.equal(await ask(client, head(lane)), "2 2");
    assert.equal(await ask(client, head(lane, "/forget")), "1 1");
    for (const said of [
      "RangeError: session.client.state: expected at most 4096 characters as JSON, got 4098",
      "TypeError: session.client.state.at is a Set",
    ]) {
      await proxy.waitFor((line) => line.tenant === lane && line.msg?.startsWith(said) === true);
    }
  });

  test(`${lane}: the connection of a trusted proxy, which clients share, keeps nothing`, async () => {
    await using stranger = await RawClient.to(proxy.port);
    const forwarded = head(lane, "/", "Via: 1.1 somebody\r\n");
    assert.equal(await ask(stranger, forwarded), "1 1");
    assert.equal(await ask(stranger, forwarded), "1 1");
    await using client = await RawClient.to(behind.port);
    const request = head(lane, "/", "X-Forwarded-For: 192.0.2.7\r\n");
    assert.equal(await ask(client, request), "1 1");
    assert.equal(await ask(client, request), "1 1");
    assert.equal(await ask(client, head(lane)), "1 1");
    assert.equal(await ask(client, head(lane)), "1 1");
  });
}
