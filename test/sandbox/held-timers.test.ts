// Timers are the host's to keep: what it holds for an isolate is bounded, on both sides.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAIN } from "../../src/phases/table.ts";
import { LaneStand } from "./lane-stand.ts";

test("a timer that was cleared is held no longer, and makes room for others", async () => {
  using stand = new LaneStand(`
    async requestFilter() {
      for (let i = 1; i <= 6_000; i++) {
        clearTimeout(setTimeout(() => {}, 1e6));
        if (i % 1_500 === 0) await new Promise((done) => setTimeout(done, 1));
      }
      return new Response("done");
    }`);
  const run = async (): Promise<string | null> => {
    const outcome = await stand.run(stand.exchange(), CHAIN.request);
    return outcome.error?.message ?? outcome.answer?.body.toString() ?? null;
  };
  // together more than the host holds for one isolate
  assert.deepEqual(await Promise.all([run(), run()]), ["done", "done"]);
});

test("timers that are not cleared are refused when the host holds as many as it may", async () => {
  using stand = new LaneStand(`
    async requestFilter() {
      for (let i = 1; i <= 6_000; i++) {
        setTimeout(() => {}, 1e6);
        if (i % 900 === 0) await new Promise((done) => setTimeout(done, 1));
      }
      return new Response("done");
    }`);
  const { error } = await stand.run(stand.exchange(), CHAIN.request);
  assert.match(error?.message ?? "", /too many host calls at once: at most 1000/);
});
