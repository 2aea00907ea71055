// Header edits, through the proxy, as docs/configuration.md shows them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, documented, Echo, got } from "./documented.ts";
import { oneTenant, TestProxy } from "./proxy.ts";

test("headers are set and removed, the route's after the tenant's", async () => {
  await using pages = await Echo.start("pages");
  await using proxy = await TestProxy.start({ config: documented("Header edits", 0, [pages]) });
  const options = { headers: { Cookie: "a=b", "X-Edge": ["forged", "twice"], "X-Other": "stays" } };
  const page = await ask(proxy, "/page", options);
  const { headers } = got(page);
  assert.equal(headers["x-edge"], "sluice");
  assert.equal(headers.cookie, undefined);
  assert.equal(headers["x-other"], "stays");
  assert.equal(page.headers["strict-transport-security"], "max-age=63072000");
  assert.equal(page.headers.server, undefined);
  assert.equal(page.headers["cache-control"], "private");
  const file = await ask(proxy, "/static/x.css", options);
  assert.equal(got(file).headers["x-edge"], "sluice");
  assert.equal(file.headers["cache-control"], "public, max-age=31536000");
  assert.equal(file.headers["strict-transport-security"], "max-age=63072000");
});

test("an origin that compresses for no proxy can be left without Via", async () => {
  await using nginx = await Echo.start("nginx");
  await using proxy = await TestProxy.start({ config: documented("Header edits", 1, [nginx]) });
  const { headers } = got(await ask(proxy, "/page", { headers: { Via: "1.1 cdn" } }));
  assert.equal(headers.via, undefined);
  assert.equal(headers["x-forwarded-for"], "127.0.0.1");
});

test("the proxy's own answers get the edits, but keep what they say of themselves", async () => {
  const set = {
    "X-Set": "1",
    "Cache-Control": "public",
    "Content-Type": "image/png",
    Location: "/",
  };
  await using proxy = await TestProxy.start({
    config: oneTenant(
      { gone: ["127.0.0.1:1"] },
      {
        headers: { response: { set } },
        routes: [
          { path: "/answer", answer: { status: 200, body: "x", headers: { "X-Set": "own" } } },
          { path: "/away", redirect: { to: "https://example.com/" } },
        ],
      },
    ),
  });
  const error = await ask(proxy, "/");
  assert.equal(error.status, 502);
  assert.equal(error.headers["x-set"], "1");
  assert.equal(error.headers["cache-control"], "no-store");
  assert.equal(error.headers["content-type"], "application/problem+json");
  const answer = await ask(proxy, "/answer");
  assert.equal(answer.headers["x-set"], "own");
  assert.equal(answer.headers["cache-control"], "public");
  assert.equal(answer.headers["content-type"], "text/plain; charset=utf-8");
  const away = await ask(proxy, "/away");
  assert.deepEqual([away.status, away.headers.location], [302, "https://example.com/"]);
  assert.equal(away.headers["x-set"], "1");
});
