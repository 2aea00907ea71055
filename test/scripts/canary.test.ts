// scripts/canary.ts: in by a link, out by a link, and never worse off than others.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Stand } from "./stand.ts";

const COOKIE = { headers: { cookie: "canary=on" } };

test("the link gives the cookie and leads back to the page without it", async () => {
  const upstreams = { stable: null, canary: null };
  await using stand = await Stand.start({ script: "canary.ts", upstreams });
  const on = await stand.ask("/shop?a=1&canary=on&b=2");
  assert.equal(on.status, 303);
  assert.equal(on.headers.location, "/shop?a=1&b=2");
  assert.match(on.headers["set-cookie"]?.[0] ?? "", /^canary=on; Path=\/; Max-Age=604800/);
  const off = await stand.ask("/?canary=off", COOKIE);
  assert.equal(off.headers.location, "/");
  assert.match(off.headers["set-cookie"]?.[0] ?? "", /^canary=on; Path=\/; Max-Age=0/);
});

test("the link cannot lead to another host", async () => {
  const upstreams = { stable: null, canary: null };
  await using stand = await Stand.start({ script: "canary.ts", upstreams });
  for (const path of ["//evil.example/", "/\\evil.example/", "///evil.example/"]) {
    const { headers } = await stand.ask(`${path}?canary=on`);
    assert.equal(headers.location, "/evil.example/");
  }
});

test("the cookie leads to the canary, everybody else to stable", async () => {
  const upstreams = { stable: null, canary: null };
  await using stand = await Stand.start({ script: "canary.ts", upstreams });
  assert.equal((await stand.ask("/", COOKIE)).body, "canary");
  assert.equal((await stand.ask("/")).body, "stable");
  assert.equal((await stand.ask("/", { headers: { cookie: "canary=one" } })).body, "stable");
});

test("when the canary is away stable answers, and that is counted", async () => {
  const upstreams = { stable: null, canary: "nobody" } as const;
  await using stand = await Stand.start({ script: "canary.ts", upstreams });
  assert.equal((await stand.ask("/", COOKIE)).body, "stable");
  const counted = /sluice_script_value\{tenant="demo",name="canary_failures"\} 1/;
  assert.match(await stand.proxy.metrics(), counted);
});
