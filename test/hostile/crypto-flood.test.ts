// Cryptography without end, in the lane that shares its thread with connections.

import assert from "node:assert/strict";
import { test } from "node:test";
import { attack } from "./attacks/crypto-flood.ts";
import { attack as poisoned } from "./attacks/crypto-poisoned.ts";
import { TwoTenants } from "./two-tenants.ts";

test("a flood of long cryptographic work holds up nobody else", async () => {
  const { hooks, limits = {} } = attack;
  await using tenants = await TwoTenants.start(hooks, { limits });
  for (const { status, body } of await tenants.attackBesideNeighbour(2)) {
    assert.match(`${status} ${body}`, attack.expected);
  }
});

test("a hook that signs as long as it may is ended like any other", async () => {
  await using tenants = await TwoTenants.start(
    `async requestFilter() {
      const key = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-512" }, true,
        ["sign"]);
      const data = new Uint8Array(2 ** 20);
      for (;;) await crypto.subtle.sign("HMAC", key, data);
    }`,
    { limits: { hookMs: 200 } },
  );
  for (const { body } of await tenants.attackBesideNeighbour(2)) {
    assert.match(body, /script_timeout/);
  }
});

test("crypto works after builtins were poisoned", async () => {
  const { hooks, before = "" } = poisoned;
  await using tenants = await TwoTenants.start(hooks, { before });
  for (const { status, body } of await tenants.attackBesideNeighbour(2)) {
    assert.match(`${status} ${body}`, poisoned.expected);
  }
});
