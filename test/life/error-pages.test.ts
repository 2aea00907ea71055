// Error pages, through the proxy, as docs/configuration.md shows them.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { ask, documented } from "./documented.ts";
import { type LogLine, oneTenant, TestProxy } from "./proxy.ts";

const SCRIPT = `
import { definePhases } from "sluice";
export default definePhases({ requestFilter() { throw new Error("secret"); } });`;

const FILES = { "errors/502.html": "<h1>Sorry</h1><p>{{code}} {{requestId}}</p>" };

test("the proxy's own errors have the pages of the configuration", async () => {
  await using proxy = await TestProxy.start({
    files: { ...FILES, "main.ts": SCRIPT },
    config: withScriptAndNobody(documented("Error pages", 0, [])),
  });
  const failed = await ask(proxy, "/");
  const id = String(failed.headers["x-request-id"]);
  assert.equal(failed.status, 500);
  assert.deepEqual(JSON.parse(failed.text), { error: "script_error", status: 500, requestId: id });
  assert.equal(failed.headers["content-type"], "application/json");
  assert.equal(failed.headers["cache-control"], "no-store");

  const bad = await ask(proxy, "/", { headers: { host: "other.example.com" } });
  assert.equal(bad.status, 502);
  assert.equal(bad.headers["content-type"], "text/html; charset=utf-8");
  assert.equal(bad.headers["cache-control"], "no-store");
  const requestId = String(bad.headers["x-request-id"]);
  assert.equal(bad.text, `<h1>Sorry</h1><p>connect_refused ${requestId}</p>`);
});

test("an upstream's own errors stay as they are", async () => {
  const origin = createServer((_request, response) => {
    response.statusCode = 502;
    response.end("the origin's");
  });
  origin.listen(0, "127.0.0.1");
  await once(origin, "listening");
  const { port } = origin.address() as AddressInfo;
  const errorPages = { "5xx": { body: "ours" }, 404: { body: "ours" } };
  await using proxy = await TestProxy.start({
    config: oneTenant({ one: [`127.0.0.1:${port}`] }, { errorPages }),
  });
  const { status, text } = await ask(proxy, "/");
  assert.deepEqual([status, text], [502, "the origin's"]);
  origin.closeAllConnections();
  origin.close();
  await once(origin, "close");
});

test("a reload reads pages and routes again, and refuses a page that is gone", async () => {
  const upstreams = { one: ["127.0.0.1:1"] };
  const errorPages = { "5xx": { file: "page.html" } };
  await using proxy = await TestProxy.start({
    files: { "page.html": "old" },
    config: oneTenant(upstreams, { errorPages }),
  });
  const texts = async () => [(await ask(proxy, "/")).text, (await ask(proxy, "/new")).text];
  const reload = async () => {
    const seen = proxy.lines.length;
    proxy.signal("SIGHUP");
    const isEnd = ({ msg }: LogLine) => msg === "reloaded" || msg === "reload refused";
    return (await proxy.waitFor((line) => proxy.lines.indexOf(line) >= seen && isEnd(line))).msg;
  };
  assert.deepEqual(await texts(), ["old", "old"]);
  const routes = [{ path: "/new", answer: { status: 200, body: "route" } }];
  await proxy.configure(oneTenant(upstreams, { errorPages, routes }));
  await proxy.write("page.html", "new");
  assert.equal(await reload(), "reloaded");
  assert.deepEqual(await texts(), ["new", "route"]);
  const missing = { "5xx": { file: "gone.html" } };
  await proxy.configure(oneTenant(upstreams, { errorPages: missing }));
  assert.equal(await reload(), "reload refused");
  assert.deepEqual(await texts(), ["new", "route"]);
});

/** Two tenants with these pages: one whose script fails, one whose upstream is not there. */
function withScriptAndNobody(config: Record<string, unknown>): Record<string, unknown> {
  const tenants = Object(config.tenants);
  const upstreams = { pages: { peers: ["127.0.0.1:1"] } };
  return {
    ...config,
    tenants: {
      nobody: { ...tenants.shop, upstreams, hosts: ["other.example.com"] },
      script: { ...tenants.shop, upstreams, script: "main.ts" },
    },
  };
}
