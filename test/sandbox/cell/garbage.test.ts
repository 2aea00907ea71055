// That the garbage collector is asked in time for what isolates that are gone leave to it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Garbage } from "../../../src/sandbox/cell/garbage.ts";

test("a collection is asked for after 256 isolates, and then after as many again", () => {
  let collections = 0;
  const garbage = new Garbage(() => {
    collections++;
  });
  const after = (isolates: number): number => {
    for (let i = 0; i < isolates; i++) garbage.add();
    garbage.sweep();
    return collections;
  };
  assert.deepEqual([after(255), after(1), after(0), after(255), after(1)], [0, 1, 1, 1, 2]);
});
