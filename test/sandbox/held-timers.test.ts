// Timers are the host's to keep: what it holds for an isolate is bounded, on both sides.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAIN } from "../../src/phases/table.ts";
import { LaneStand } from "./lane-stand.ts";

test("a timer that was cleared is held, and counts, until its call is over", async () => {
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
  const both = await Promise.all([run(), run()]);
  assert.match(both.join(), /too many requests to the host/);
  assert.equal(await run(), "done");
});
