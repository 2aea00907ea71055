// Under a semaphore so much goes on at once and no more, in the order in which it came.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Semaphore } from "../../src/base/semaphore.ts";

const LONG_MS = 60_000;

test("the next one begins when one is over, in their order", async () => {
  const semaphore = new Semaphore(2);
  const [one, two] = [await semaphore.take(0), await semaphore.take(0)];
  const begun: string[] = [];
  const wait = async (name: string) => {
    const taken = await semaphore.take(LONG_MS);
    begun.push(name);
    return taken;
  };
  const [three, four] = [wait("three"), wait("four")];
  one?.[Symbol.dispose]();
  const third = await three;
  assert.deepEqual(begun, ["three"]);
  two?.[Symbol.dispose]();
  await four;
  third?.[Symbol.dispose]();
  assert.notEqual(await semaphore.take(0), null);
});

test("who has waited for long enough is told so, and keeps nobody out", async () => {
  const semaphore = new Semaphore(1);
  const one = await semaphore.take(0);
  assert.equal(await semaphore.take(1), null);
  one?.[Symbol.dispose]();
  assert.notEqual(await semaphore.take(0), null);
});
