// The table of counters: names come and go, and a slot is never two names' at once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CellCounts } from "../../src/state/cell-counts.ts";
import { createCounterBuffers } from "../../src/state/counter-memory.ts";
import { OVER_LIMIT } from "../../src/state/counter-slots.ts";
import { CounterTable } from "../../src/state/counters.ts";
import { fc } from "../support/property.ts";

const named = (name: string, tenant = "t") => ({ tenant, name });

function stand() {
  const buffers = createCounterBuffers();
  const table = new CounterTable(buffers);
  const names = () => table.list().map(({ name }) => name);
  const count = (slot: number, by: bigint) => {
    Atomics.add(new BigInt64Array(buffers.counts), slot, by);
  };
  return { buffers, table, names, count };
}

test("what a script named that is gone and counted nothing makes room for another name", () => {
  const { table, names } = stand();
  const refused = ["a", "b"].map((name) => table.hold(named(name), 2));
  assert.equal(table.hold(named("c"), 2), OVER_LIMIT);
  table.release(refused);
  assert.deepEqual(names(), ["a", "b"], "as long as nobody needs the room");
  assert.ok(table.hold(named("c"), 2) >= 0);
  assert.ok(table.hold(named("d"), 2) >= 0);
  assert.deepEqual(names().toSorted(), ["c", "d"]);
});

test("one that counts something, or of which the store has something, keeps its place", () => {
  const { table, count } = stand();
  const slot = table.hold(named("a"), 1);
  count(slot, 1n);
  table.release([slot]);
  assert.equal(table.hold(named("b"), 1), OVER_LIMIT);
  for (const counter of table.unsaved()) table.markSaved(counter);
  count(slot, -1n);
  assert.equal(table.hold(named("b"), 1), OVER_LIMIT, "a restart would bring it back");
  for (const counter of table.unsaved()) table.markSaved(counter);
  assert.equal(table.hold(named("b"), 1), slot);
});

test("one of another tenant is never in the way, nor taken", () => {
  const { table } = stand();
  table.set({ ...named("a", "other"), value: 0n });
  assert.ok(table.hold(named("a"), 1) >= 0);
  assert.equal(table.list().length, 2);
});

test("what a cell counted goes to the name that it said, whatever has the slot by now", () => {
  const { buffers, table } = stand();
  const [first, second] = [new CellCounts(buffers), new CellCounts(buffers)];
  for (const counts of [first, second]) counts.apply("t", { name: "a", by: 0n }, 1);
  second.apply("t", { name: "b", by: 5n }, 1);
  assert.deepEqual(table.list(), [{ tenant: "t", name: "b", value: 5n }]);
  first.apply("t", { name: "a", by: 1n }, 2);
  first.apply("t", { name: "b", by: 1n }, 2);
  assert.deepEqual(
    table.list().map(({ name, value }) => [name, value]),
    [
      ["b", 6n],
      ["a", 1n],
    ],
  );
});

test("a tenant's isolates that outlive it count for nobody", () => {
  const { table, count } = stand();
  const slot = table.hold(named("a"), 10);
  count(slot, 3n);
  table.forget("t");
  assert.deepEqual(table.list(), []);
  const anew = table.hold(named("a"), 10);
  assert.notEqual(anew, slot);
  count(slot, 4n);
  assert.deepEqual(table.list(), [{ tenant: "t", name: "a", value: 0n }]);
});

test("thousands of names are found where they are, whichever of them go", () => {
  const { table } = stand();
  // enough of them that many meet in the index
  const all = Array.from({ length: 6_000 }, (_, i) => named(`n${i}`, `t${i % 3}`));
  const slots = all.map((one) => table.hold(one, Infinity));
  assert.equal(new Set(slots).size, all.length);
  const gone = all.filter((_, i) => i % 2 === 0);
  table.release(slots.filter((_, i) => i % 2 === 0));
  for (const one of gone) table.drop(one);
  assert.equal(table.list().length, all.length - gone.length);
  for (const [i, one] of all.entries()) {
    const slot = table.hold(one, Infinity);
    if (i % 2 === 1) assert.equal(slot, slots[i], one.name);
  }
  assert.equal(table.list().length, all.length);
});

test("a table that is full takes the room of what is as good as none", () => {
  const { table } = stand();
  const made = [];
  for (let i = 0; i < 16_384; i++) made.push(table.hold(named(`n${i}`, `t${i}`), Infinity));
  assert.equal(table.hold(named("one more", "late"), Infinity), -1);
  table.release([made[7_000] ?? -1]);
  assert.equal(table.hold(named("one more", "late"), Infinity), made[7_000]);
});

test("whatever is held, released, set and dropped, each name has its own count", () => {
  const operation = fc.tuple(
    fc.constantFrom("hold", "release", "incr", "zero", "drop", "save", "forget"),
    fc.integer({ min: 0, max: 7 }),
  );
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 80 }), (operations) => {
      const { table, count } = stand();
      /** Slots that isolates hold, by name; and what each name counts. */
      const held = new Map<string, number[]>();
      const counts = new Map<string, bigint>();
      for (const [what, which] of operations) {
        const [name, tenant] = [`n${which % 4}`, `t${which % 2}`];
        const key = `${tenant} ${name}`;
        const slots = held.get(key) ?? [];
        if (what === "hold") {
          const slot = table.hold({ tenant, name }, Infinity);
          held.set(key, [...slots, slot]);
          counts.set(key, counts.get(key) ?? 0n);
        } else if (what === "release") {
          table.release(slots.splice(0));
        } else if (what === "incr" && slots[0] !== undefined) {
          count(slots[0], 1n);
          counts.set(key, (counts.get(key) ?? 0n) + 1n);
        } else if (what === "zero") {
          table.set({ tenant, name, value: 0n });
          counts.set(key, 0n);
        } else if (what === "drop") {
          table.drop({ tenant, name });
        } else if (what === "save") {
          for (const counter of table.unsaved()) table.markSaved(counter);
        } else if (what === "forget") {
          table.forget(tenant);
          for (const one of [...counts.keys()]) if (one.startsWith(tenant)) counts.delete(one);
          for (const [one, lost] of held) {
            if (!one.startsWith(tenant)) continue;
            table.release(lost);
            held.delete(one);
          }
        }
        const found = new Map(table.list().map((one) => [`${one.tenant} ${one.name}`, one.value]));
        for (const [one, value] of counts) assert.equal(found.get(one) ?? 0n, value, one);
        for (const one of found.keys()) assert.ok(counts.has(one), one);
      }
    }),
  );
});
