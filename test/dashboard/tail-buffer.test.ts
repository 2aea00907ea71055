// What a page remembers of its tail, without a browser.

import assert from "node:assert/strict";
import { test } from "node:test";

const { remember, remembered } = await import(
  new URL("../../dashboard/base/tail-buffer.ts", import.meta.url).href
);

const said = (id: string, count: number) =>
  Array.from({ length: count }, (_, index) => ({ id, msg: `line ${index}`, source: "script" }));

test("of a request whose script says much its own line is remembered, which comes last", () => {
  remember([...said("talks", 250), { id: "talks", msg: "request", status: 200 }]);
  const lines = remembered("talks");
  assert.equal(lines.length, 101);
  assert.equal(lines.at(-1).status, 200);
});

test("of many requests together as many lines are remembered as there may be", () => {
  for (let index = 0; index < 500; index++) remember(said(`r${index}`, 50));
  assert.equal(remembered("talks").length, 0);
  const known = Array.from({ length: 500 }, (_, index) => remembered(`r${index}`).length);
  assert.equal(
    known.reduce((sum, one) => sum + one),
    20_000,
  );
  assert.equal(known.at(-1), 50);
});
