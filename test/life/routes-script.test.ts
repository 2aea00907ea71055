// Routes of a tenant that has a script: who has the last word.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, Echo, got } from "./documented.ts";
import { oneTenant, TestProxy } from "./proxy.ts";

const SCRIPT = `
import { definePhases, log } from "sluice";
export default definePhases({
  newCtx: () => ({}),
  requestFilter(session) {
    if (session.request.headers.has("own")) return new Response("script");
    session.request.headers.set("X-Seen", session.request.headers.get("x-route") ?? "nothing");
  },
  upstreamPeer(session) {
    if (session.request.headers.has("choose")) return "three";
  },
  upstreamRequestFilter(session) {
    session.upstreamRequest.headers.set("X-Last", session.upstreamRequest.headers.get("x-route"));
  },
  responseFilter(session) {
    session.response.headers.set("X-Last", session.response.headers.get("x-route"));
  },
  logging: () => log.info("logged"),
});`;

const edits = { set: { "X-Route": "route" }, remove: [] };

test("a script hears of what a route forwards, and of nothing that a route answers", async () => {
  await using one = await Echo.start("one");
  await using two = await Echo.start("two");
  await using three = await Echo.start("three");
  const groups = { one: [one.address], two: [two.address], three: [three.address] };
  const routes = [
    { path: "/answer", answer: { status: 410, body: "gone" } },
    { path: "/closed", access: { deny: ["127.0.0.1"] } },
    {
      path: "/two",
      upstream: "two",
      stripPrefix: true,
      headers: { request: edits, response: edits },
    },
  ];
  await using proxy = await TestProxy.start({
    files: { "main.ts": SCRIPT },
    config: oneTenant(groups, { script: "main.ts", routes }),
  });

  assert.equal(got(await ask(proxy, "/")).name, "one");
  const routed = await ask(proxy, "/two/x");
  const { name, target, headers } = got(routed);
  assert.deepEqual([name, target], ["two", "/x"]);
  assert.equal(headers["x-seen"], "nothing", "requestFilter comes before the route's edits");
  assert.equal(headers["x-last"], "route", "upstreamRequestFilter comes after them");
  assert.equal(routed.headers["x-last"], "route", "responseFilter comes after them");
  const chosen = got(await ask(proxy, "/two/x", { headers: { choose: "1" } }));
  assert.deepEqual([chosen.name, chosen.target], ["three", "/x"]);
  const own = await ask(proxy, "/two/x", { headers: { own: "1" } });
  assert.deepEqual([own.text, own.headers["x-route"]], ["script", undefined]);

  assert.deepEqual((await ask(proxy, "/answer")).text, "gone");
  assert.deepEqual((await ask(proxy, "/closed")).status, 403);
  const last = { method: "OPTIONS", headers: { "max-forwards": "0" } };
  assert.equal((await ask(proxy, "/", last)).status, 204);
  await proxy.waitFor(() => proxy.requests().length === 7);
  assert.deepEqual(proxy.scriptLines(), Array(4).fill("logged"));
  assert.match(await proxy.metrics(), /^sluice_ctx_live 0$/m);
});
