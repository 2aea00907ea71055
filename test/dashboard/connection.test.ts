// When pages ask whose API does not answer: 30 of them, each with three things to ask for.

import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMs } from "../../dashboard/base/connection.ts";

const PAGES = 30;
const ASK = 3;
const DOWN_MS = 60_000;
const SECOND_MS = 1_000;
const EVERY_MS = 5_000;

/** The same at each run: from 0 to 1, spread evenly. */
function drawn(): () => number {
  let last = 0.5;
  return () => {
    last = (last + 0.618_033_988_75) % 1;
    return last;
  };
}

/** When each asks until it is answered, in milliseconds since nobody answers. */
function asksOf(random: () => number): number[] {
  const asked = [EVERY_MS * random()];
  for (let failures = 0; (asked.at(-1) ?? 0) < DOWN_MS; failures++) {
    asked.push((asked.at(-1) ?? 0) + backoffMs(failures, random));
  }
  return asked;
}

test("a page asks at most ten times in a minute without answers", () => {
  assert.ok(asksOf(() => 0).length <= 10);
});

test("30 pages that waited for a minute come back over half a minute", () => {
  const random = drawn();
  const asks = Array.from({ length: PAGES * ASK }, () => asksOf(random));
  const back = asks.map((one) => one.at(-1) ?? 0);
  const bySecond = Map.groupBy(back, (atMs) => Math.floor(atMs / SECOND_MS));
  const most = Math.max(...[...bySecond.values()].map(({ length }) => length));
  assert.ok(most <= back.length / 6, `${most} of ${back.length} in one second`);
  assert.ok(Math.max(...back) - Math.min(...back) > 30_000);
});
