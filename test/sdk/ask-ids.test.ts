// Numbers of what scripts ask the host for, near their end and behind it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { AskIds } from "../../sdk/runtime/ask-ids.ts";

/** As sdk/runtime/asks.ts does it. */
function take(ids: AskIds, held: Iterable<number>): number {
  while (ids.isAtEnd) {
    ids.findRoom((visit) => {
      for (const id of held) visit(id);
    });
  }
  return ids.next();
}

test("numbers begin again behind the last, and pass over those that are held", () => {
  const ids = new AskIds(10);
  const held = new Set<number>();
  const taken = (): number => {
    const id = take(ids, held);
    assert.ok(!held.has(id) && id >= 1 && id <= 10, `${id}`);
    return id;
  };
  for (let id = 1; id <= 10; id++) assert.equal(taken(), id);
  for (const id of [1, 2, 5, 10]) held.add(id);
  assert.deepEqual(Array.from({ length: 8 }, taken), [3, 4, 6, 7, 8, 9, 3, 4]);
  held.clear();
  assert.equal(taken(), 5);
});

test("what is asked for on the way is not given out again while it is held", () => {
  const ids = new AskIds(64);
  const held: number[] = [];
  for (let round = 0; round < 2_000; round++) {
    const id = take(ids, held);
    assert.ok(!held.includes(id), `${id} in round ${round}`);
    held.push(id);
    if (held.length > 40) held.splice((round * 7) % held.length, 1);
  }
});
