// Routes, through the proxy, as docs/configuration.md shows them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, documented, Echo, got } from "./documented.ts";
import { oneTenant, TestProxy } from "./proxy.ts";

const SHOP = { headers: { host: "shop.example.com" } };

test("routes choose the upstream, rewrite, answer and redirect", async () => {
  await using pages = await Echo.start("pages");
  await using api = await Echo.start("api");
  const config = documented("Routes", 0, [pages, api]);
  await using proxy = await TestProxy.start({ config });
  const reached = async (target: string, options = SHOP) => {
    const { name, target: came } = got(await ask(proxy, target, options));
    return `${name} ${came}`;
  };
  assert.equal(await reached("/"), "pages /");
  assert.equal(await reached("/apix"), "pages /apix");
  assert.equal(await reached("/api/users?a=b"), "api /users?a=b");
  assert.equal(await reached("/api/us%65rs%2f7;x/./y"), "api /us%65rs%2f7;x/./y");
  assert.equal(await reached("/api//host.example"), "api /host.example");
  assert.equal(await reached("/api"), "api /");
  assert.equal(await reached("/v1/users"), "api /api/v1/users");

  const health = await ask(proxy, "/health", SHOP);
  assert.deepEqual([health.status, health.text], [200, "ok\n"]);
  assert.equal(health.headers["content-type"], "text/plain");
  assert.equal(health.headers["cache-control"], "no-store");
  assert.match(String(health.headers["x-request-id"]), /^[\w-]{20}$/);
  const head = await ask(proxy, "/health", { ...SHOP, method: "HEAD" });
  assert.deepEqual([head.status, head.headers["content-type"], head.text], [200, "text/plain", ""]);
  assert.equal(got(await ask(proxy, "/health", { ...SHOP, method: "POST" })).name, "pages");
  assert.equal(await reached("/health/"), "pages /health/");

  const docs = await ask(proxy, "/docs/a?b", SHOP);
  assert.deepEqual([docs.status, docs.headers.location], [301, "https://docs.example.com/a?b"]);

  const image = await ask(proxy, "/x.png", { headers: { host: "img.shop.example.com:80" } });
  assert.equal(got(image).headers["x-images"], "1");
  assert.equal(got(await ask(proxy, "/x.png", SHOP)).headers["x-images"], undefined);
  assert.equal(await proxy.stop(), 0);
});

test("a tenant may consist of a redirect; where no route leads, the answer is 404", async () => {
  const config = documented("Routes", 1, []);
  await using proxy = await TestProxy.start({ config });
  const options = { headers: { host: "shop.example.com:8080" } };
  const moved = await ask(proxy, "/a?b=%2f", options);
  assert.equal(moved.status, 308);
  assert.equal(moved.headers.location, "https://shop.example.com/a?b=%2f");
  assert.equal((await ask(proxy, "*", { ...options, method: "OPTIONS" })).status, 404);
  const line = await proxy.waitFor(({ error }) => error === "no_route");
  assert.equal(line.status, 404);
});

test("a redirect with a body to the request leaves the connection in order", async () => {
  await using proxy = await TestProxy.start({ config: documented("Routes", 1, []) });
  const response = await fetch(`${proxy.url}/x`, {
    method: "POST",
    body: "x".repeat(100_000),
    redirect: "manual",
  });
  assert.equal(response.status, 308);
  assert.equal(await response.text(), "");
  assert.equal((await ask(proxy, "/y")).status, 308);
});

test("no spelling of a path leads around a route that refuses", async () => {
  await using pages = await Echo.start("pages");
  await using proxy = await TestProxy.start({
    config: oneTenant(
      { pages: [pages.address] },
      {
        routes: [
          { path: "/admin", answer: { status: 403 } },
          { path: "/open", upstream: "pages" },
        ],
      },
    ),
  });
  const status = async (target: string) => (await ask(proxy, target)).status;
  assert.equal(await status("/admin"), 403);
  assert.equal(await status("/admin/x"), 403);
  for (const target of [
    "//admin",
    "/%61dmin",
    "/%2e/admin",
    "/open/%2e%2e/admin",
    "/open/../admin",
    "/open/..%2fadmin",
    "/open/..;/admin",
    "/admin%2f",
    "/admin;x",
    "/admin%00",
    "/open\\..\\admin",
  ]) {
    const { status, text } = await ask(proxy, target);
    assert.deepEqual([status, JSON.parse(text).code], [400, "path_ambiguous"], target);
  }
  assert.equal(got(await ask(proxy, "/ADMIN")).target, "/ADMIN");
  assert.equal(got(await ask(proxy, "/open/a%2f%2e%2e/b")).target, "/open/a%2f%2e%2e/b");
});
