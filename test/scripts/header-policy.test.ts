// scripts/header-policy.ts: what responses gain and lose.

import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { after, before, test } from "node:test";
import { Stand } from "./stand.ts";

const answer = (_request: unknown, response: ServerResponse): void => {
  response.writeHead(200, {
    server: "Apache/2.4.1",
    "x-powered-by": "PHP/5.3",
    "referrer-policy": "no-referrer",
    "x-own": "kept",
  });
  response.end("page");
};

let stand: Stand;
before(async () => {
  const config = { trustedProxies: ["127.0.0.1"] };
  const upstreams = { main: answer };
  stand = await Stand.start({ script: "header-policy.ts", upstreams, config });
});
after(async () => await stand[Symbol.asyncDispose]());

test("headers that tell the software are gone, the others stay", async () => {
  const { headers } = await stand.ask("/");
  assert.equal(headers.server, undefined);
  assert.equal(headers["x-powered-by"], undefined);
  assert.equal(headers["x-own"], "kept");
});

test("security headers are there, and the application's own win", async () => {
  const { headers } = await stand.ask("/");
  assert.equal(headers["x-content-type-options"], "nosniff");
  assert.equal(headers["content-security-policy"], "frame-ancestors 'self'");
  assert.equal(headers["referrer-policy"], "no-referrer");
});

test("HSTS is for clients that came by https", async () => {
  assert.equal((await stand.ask("/")).headers["strict-transport-security"], undefined);
  const { headers } = await stand.ask("/", { headers: { "x-forwarded-proto": "https" } });
  assert.match(headers["strict-transport-security"] ?? "", /^max-age=31536000/);
});
