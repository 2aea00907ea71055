// A request whose chain of hooks was refused by its lane, and that ends before it is told so.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { PhaseSequence } from "../../src/phases/sequence.ts";
import { CHAIN } from "../../src/phases/table.ts";
import { LaneStand } from "../sandbox/lane-stand.ts";

const HOOKS = "requestFilter() {}, upstreamPeer() {}, logging() {}";

for (const failOpen of [true, false]) {
  const policy = failOpen ? "fail-open" : "fail-closed";
  test(`a chain that was refused and cancelled goes no further, with ${policy}`, async () => {
    using stand = new LaneStand(HOOKS, { failOpen });
    const exchange = stand.exchange();
    const sequence = new PhaseSequence(exchange);
    stand.deployment.lane.dispose();
    sequence.run(CHAIN.request, () => assert.fail("the client has gone"));
    // the client goes: what runs is cancelled, and logging is next
    sequence.cancel();
    const logged = Promise.withResolvers<void>();
    sequence.run(CHAIN.logging, () => logged.resolve());
    await logged.promise;
    await setImmediate();
    // of logging alone, which nobody cancelled
    assert.deepEqual(stand.failures, [" script_lost"]);
  });
}
