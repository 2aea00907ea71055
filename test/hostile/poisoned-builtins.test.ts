// A script that replaces every builtin before its first request.

import assert from "node:assert/strict";
import { test } from "node:test";
import { TwoTenants } from "./two-tenants.ts";

test("a script that poisons every builtin harms itself alone", async () => {
  await using tenants = await TwoTenants.start(
    `requestFilter(session) {
      if (session.request.headers.get("how") !== "poison") return new Response("whole");
      const trap = () => { throw new Error("poisoned"); };
      const { ownKeys, getOwnPropertyDescriptor, defineProperty } = Reflect;
      const all = [Array, Object, String, Number, RegExp, Map, Set, WeakMap, Promise, Function,
        Error, Uint8Array, ArrayBuffer, Date, Headers, Response, TextEncoder];
      for (let i = 0; i < all.length; i++) for (const target of [all[i].prototype, all[i]])
        for (const key of ownKeys(target)) {
          const own = getOwnPropertyDescriptor(target, key);
          if (typeof own.value !== "function" || key === "constructor") continue;
          if (key === Symbol.iterator) continue;
          defineProperty(target, key, { configurable: true, value: trap });
        }
    }`,
    { limits: { hookMs: 500, hookWallMs: 2_000 } },
  );
  assert.equal((await tenants.attack()).body, "whole");
  for (const how of ["poison", "later"]) {
    for (const answer of await tenants.attackBesideNeighbour(4, `How: ${how}\r\n`)) {
      assert.ok([200, 500].includes(answer.status), `${answer.status}`);
      if (answer.status === 500) assert.match(answer.body, /script_(error|result|ctx|lost)/);
    }
  }
  await tenants.memoryComesBack();
});
