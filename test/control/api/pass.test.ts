// Passes for testers: for versions that run, and for no other.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiStand } from "./stand.ts";

test("a pass is given for a version that runs, and for others is refused with what to do", async () => {
  await using stand = await ApiStand.start();
  await stand.make("shop");
  for (const percent of [100, 100, 0]) {
    const source = `export default {}; export const at = ${Math.random()};`;
    const body = { files: { "main.ts": source }, percent };
    assert.equal((await stand.call("POST", "/v1/tenants/shop/deployments", { body })).status, 201);
  }
  const pass = async (version: number) => {
    const path = `/v1/tenants/shop/deployments/${version}/pass`;
    return await stand.call("POST", path, { body: {} });
  };
  assert.equal((await pass(2)).status, 201, "it serves");
  assert.equal((await pass(3)).status, 201, "it is for testers");
  const idle = await pass(1);
  assert.equal(idle.status, 409, idle.text);
  assert.match(String(idle.json().detail), /Version 1 does not run.*share of 0 percent/);
  assert.equal((await pass(4)).status, 404);
});
