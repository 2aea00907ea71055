// A script that replaces every builtin before its first request.

import assert from "node:assert/strict";
import { test } from "node:test";
import { POISON } from "./attacks/poisoned-builtins.ts";
import { TwoTenants } from "./two-tenants.ts";

test("a script that poisons every builtin harms itself alone", async () => {
  await using tenants = await TwoTenants.start(
    `requestFilter(session) {
      if (session.request.headers.get("how") !== "poison") return new Response("whole");
      ${POISON}
    }`,
    { limits: { hookMs: 5_000, hookWallMs: 20_000 } },
  );
  assert.equal((await tenants.attack()).body, "whole");
  // The first call poisons, and is settled all the same; its own code fails in each later one.
  const codes = async (how: string): Promise<string[]> => {
    const answers = await tenants.attackBesideNeighbour(4, `How: ${how}\r\n`);
    return answers.map(({ status, body }) => (status === 200 ? body : JSON.parse(body).code));
  };
  const failed = Array(3).fill("script_error");
  assert.deepEqual((await codes("poison")).sort(), ["origin", ...failed]);
  assert.deepEqual(await codes("later"), ["script_error", ...failed]);
  await tenants.memoryComesBack();
});
