// What isolates that are gone leave to the garbage collector, and that it is asked in time.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as pass } from "node:timers/promises";
import { runInNewContext } from "node:vm";
import { Garbage, garbageCollector } from "../../../src/sandbox/cell/garbage.ts";

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

test("a collection frees what nobody holds", async () => {
  const collect = garbageCollector();
  const windows = new WeakRef(new SharedArrayBuffer(98_304));
  await pass(); // until then a reference that was just made is kept
  collect();
  assert.equal(windows.deref(), undefined);
});

test("no context that is made later can collect", () => {
  garbageCollector();
  assert.equal(runInNewContext("typeof gc"), "undefined");
});
