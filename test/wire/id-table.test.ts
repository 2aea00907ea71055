// A table of what is under way, against a Map.

import assert from "node:assert/strict";
import { test } from "node:test";
import { IdTable } from "../../src/wire/id-table.ts";

const contents = (table: IdTable<{ id: number }>): number[] => {
  const ids: number[] = [];
  table.forEach(({ id }) => void ids.push(id));
  return ids.toSorted((a, b) => a - b);
};

/** Numbers that a stranger has chosen collide as often as he likes. */
const NUMBERS: Readonly<Record<string, (step: number) => number>> = {
  "that follow each other": (step) => step,
  "that share a place": (step) => step * 1_024,
  "that are anything": (step) => Math.imul(step, 0x9e37_79b1) >> (step % 7),
};

for (const [which, numberAt] of Object.entries(NUMBERS)) {
  test(`a table has what was added and not removed, by numbers ${which}`, () => {
    const table = new IdTable<{ id: number }>();
    const known = new Map<number, { id: number }>();
    for (let step = 1; step <= 4_000; step++) {
      const one = { id: numberAt(step) };
      table.set(one);
      known.set(one.id, one);
      // some stay, others go as they came, in a wave that grows and ebbs
      const gone = numberAt(step - (step % 300));
      if (step % 5 !== 0) assert.equal(table.delete(gone), known.get(gone) ?? null);
      if (step % 5 !== 0) known.delete(gone);
      const old = numberAt(step - 40);
      assert.equal(table.get(old), known.get(old) ?? null);
      if (step % 3 !== 0) assert.equal(table.delete(old), known.get(old) ?? null);
      if (step % 3 !== 0) known.delete(old);
      assert.equal(table.size, known.size);
    }
    assert.deepEqual(
      contents(table),
      [...known.keys()].toSorted((a, b) => a - b),
    );
    for (const id of known.keys()) assert.equal(table.delete(id)?.id, id);
    assert.deepEqual([table.size, contents(table), table.get(1)], [0, [], null]);
  });
}

test("one that has the number of another takes its place", () => {
  const table = new IdTable<{ id: number }>();
  const [first, second] = [{ id: 7 }, { id: 7 }];
  table.set(first);
  table.set(second);
  assert.deepEqual([table.size, table.get(7) === second], [1, true]);
});

/** How often a table looks at a number until it has done all of `work`. */
function looksOf(work: (add: (id: number) => void, remove: (id: number) => void) => void): number {
  const table = new IdTable<{ readonly id: number }>();
  let looks = 0;
  const made = (id: number) => ({
    get id(): number {
      looks++;
      return id;
    },
  });
  work(
    (id) => table.set(made(id)),
    (id) => void table.delete(id),
  );
  return looks;
}

test("a thousand that stay are in the way of none that come after them", () => {
  const [stay, come] = [1_000, 4_000];
  const looks = looksOf((add, remove) => {
    for (let id = 1; id <= stay; id++) add(id);
    for (let id = stay + 1; id <= stay + come; id++) {
      add(id);
      remove(id);
    }
  });
  assert.ok(looks < 20 * (stay + come), `${looks} looks`);
});
