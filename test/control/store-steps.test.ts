// How steps of the store are asked together: in their order, and as often as the longest asks.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, nothing, type Steps, take, tell, together } from "../../src/control/store/steps.ts";

const statement = (sql: string) => ({ sql, parameters: [], changes: null });

/** Asks so many times, one after the other. */
function* asking(name: string, times: number): Steps<string> {
  let last = "";
  for (let i = 0; i < times; i++) {
    const { rows } = yield* ask(statement(`${name}${i}`));
    last = String(rows[0]?.sql);
  }
  return last;
}

/** What it makes, and what was asked at once. */
function taken<T>(steps: Steps<T>): { readonly made: T; readonly rounds: readonly string[] } {
  const rounds: string[] = [];
  const watched = function* (): Steps<T> {
    let next = steps.next();
    while (next.done !== true) {
      rounds.push(next.value.map(({ sql }) => sql).join(" "));
      next = steps.next(yield next.value);
    }
    return next.value;
  };
  const made = take(watched(), ({ sql }) => ({ rows: [{ sql }], changed: 0 }));
  return { made, rounds };
}

test("each is sent its own answers, and the longest asks on alone", () => {
  const { made, rounds } = taken(together([asking("a", 1), asking("b", 3), asking("c", 2)]));
  assert.deepEqual(made, ["a0", "b2", "c1"]);
  assert.deepEqual(rounds, ["a0 b0 c0", "b1 c1", "b2"]);
});

test("some that are together are so with others, and what asks nothing holds nobody up", () => {
  const inner = together([asking("a", 1), asking("b", 2)]);
  const { made, rounds } = taken(together([inner, nothing(), asking("c", 1)]));
  assert.deepEqual(made, [["a0", "b1"], undefined, "c0"]);
  assert.deepEqual(rounds, ["a0 b0 c0", "b1"]);
  assert.deepEqual(taken(together([])), { made: [], rounds: [] });
});

test("whoever is told something waits for nothing, and whoever asks does", () => {
  const told = tell(statement("a")).next();
  const asked = ask(statement("a")).next();
  assert.ok(told.done !== true && asked.done !== true);
  assert.deepEqual([told.value, asked.value].flat(), [
    statement("a"),
    { ...statement("a"), isAwaited: true },
  ]);
});

test("one that fails fails them all", () => {
  const failing = function* (): Steps<string> {
    yield* ask(statement("b"));
    throw new Error("boom");
  };
  assert.throws(() => taken(together([asking("a", 2), failing()])), { message: "boom" });
});
