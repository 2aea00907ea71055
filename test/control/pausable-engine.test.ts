// From a pause on nothing is changed: what began before is over when the pause has begun.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { Database } from "../../src/control/store/database.ts";
import { PausableEngine } from "../../src/control/store/pausable-engine.ts";
import { SqliteEngine } from "../../src/control/store/sqlite-engine.ts";
import { type Change, nothing } from "../../src/control/store/steps.ts";

/** An engine that one waits for. */
class SlowEngine extends SqliteEngine {
  readonly answers: PromiseWithResolvers<void>[] = [];

  override async write<T>(change: Change<T>): Promise<T> {
    const answer = Promise.withResolvers<void>();
    this.answers.push(answer);
    await answer.promise;
    return await super.write(change);
  }
}

const change = () => ({ audit: [], steps: nothing() });

test("a pause has begun when what is being stored is stored, or refused", async () => {
  using database = new Database(null);
  const slow = new SlowEngine(database, () => {});
  const engine = new PausableEngine(slow);
  const [stored, refused] = [engine.write(change()), engine.write(change())];
  let hasBegun = false;
  const paused = engine.pause("a handover is under way").then(() => {
    hasBegun = true;
  });
  await assert.rejects(engine.write(change()), { fault: "paused", message: /a handover/ });
  slow.answers[0]?.resolve();
  await stored;
  await setImmediate();
  assert.equal(hasBegun, false, "one is under way");
  slow.answers[1]?.reject(new Error("refused"));
  await assert.rejects(refused);
  await paused;
  engine.resume();
  const later = engine.write(change());
  slow.answers[2]?.resolve();
  await later;
});
