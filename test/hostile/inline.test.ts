// Hostile scripts about fetch, streams, crypto and state in the lane that shares its thread with
// connections: each ends as is documented, and its neighbour in that thread gets right answers.
// What is about memory alone is for the cell lane: inline scripts are the operator's.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { httpOrigin } from "../life/http-origin.ts";
import { TestProxy } from "../life/proxy.ts";
import { exchange } from "../life/raw-client.ts";
import { allAttacks } from "./besiege.ts";
import { askAttacker, ORIGINS, scriptOf, VICTIM } from "./siege.ts";

/** `fetch-inside` is for tenants: inline scripts may go anywhere. */
const ABOUT = /^(?:fetch-(?!inside)|stream-|hold-|limit-|crypto-(?:exponent|size))/;
/** They take all that there is: enough of it. */
const HOOK_MS_MAX = 1_500;
const attacks = [...(await allAttacks())].filter(([name]) => ABOUT.test(name));

const page = await httpOrigin((_request, response) => response.end("origin"));
const bomb = await httpOrigin(ORIGINS.bomb);
const drip = await httpOrigin(ORIGINS.drip);
const origins = { bomb, drip };
for (const origin of [page, bomb, drip]) after(() => origin[Symbol.asyncDispose]());

const tenantOf = (name: string, address: string, more: object = {}) => ({
  ...{ hosts: [`${name}.example`], script: `${name}.ts`, isolation: "inline", ...more },
  ...{ upstreams: { main: { peers: [address] } }, defaultUpstream: "main" },
});

const proxy = await TestProxy.start({
  files: {
    "victim.ts": VICTIM,
    ...Object.fromEntries(
      attacks.map(([name, attack]) => [`${name}.ts`, scriptOf(attack, page.address)]),
    ),
  },
  config: {
    tenants: {
      victim: tenantOf("victim", page.address),
      ...Object.fromEntries(
        attacks.map(([name, { limits: { hookMs = 50, ...limits } = {}, origin }]) => [
          name,
          tenantOf(name, (origin === undefined ? page : origins[origin]).address, {
            limits: { ...limits, hookMs: Math.min(hookMs, HOOK_MS_MAX) },
          }),
        ]),
      ),
    },
  },
});
after(() => proxy[Symbol.asyncDispose]());

let asked = 0;
async function victimIsServed(): Promise<void> {
  const target = `/${++asked}`;
  const head = `GET ${target} HTTP/1.1\r\nHost: victim.example\r\n\r\n`;
  const { status, body, lines } = await exchange(proxy.port, head);
  assert.deepEqual([status, body], [200, "origin"]);
  assert.ok(lines.includes(`x-path: ${target}`), lines.join());
}

for (const [name, { title, expected, times = 3, atOnce = 1 }] of attacks) {
  test(`${name}, inline: ${title}, and its neighbour is served`, async () => {
    for (let i = 0; i < Math.min(times, 2); i++) {
      let isOver = false;
      const all = Promise.all(
        Array.from({ length: atOnce }, () => askAttacker(proxy, name, i)),
      ).finally(() => {
        isOver = true;
      });
      all.catch(() => undefined);
      do await victimIsServed();
      while (!isOver);
      for (const answer of await all) assert.match(answer.slice(0, 2_000), expected);
    }
    await victimIsServed();
    assert.deepEqual(proxy.pids(), [proxy.process.pid]);
  });
}
