// Work under a mutex never overlaps, and one failure holds nobody up.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Mutex } from "../../src/base/mutex.ts";

test("work runs in order, one piece at a time, whatever a piece before it threw", async () => {
  const mutex = new Mutex();
  const said: string[] = [];
  const first = Promise.withResolvers<void>();
  const one = mutex.run(async () => {
    said.push("one begins");
    await first.promise;
    said.push("one ends");
    throw new Error("one");
  });
  const two = mutex.run(async () => {
    said.push("two");
    return 2;
  });
  let isIdle = false;
  const idle = mutex.idle().then(() => {
    isIdle = true;
  });
  await Promise.resolve();
  assert.deepEqual([isIdle, mutex.isBusy], [false, true]);
  first.resolve();
  await assert.rejects(one, { message: "one" });
  assert.equal(await two, 2);
  assert.equal(mutex.isBusy, false);
  await idle;
  assert.deepEqual(said, ["one begins", "one ends", "two"]);
});
