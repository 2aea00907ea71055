// Many deployments under load, in both lanes, and many kills.

import assert from "node:assert/strict";
import { test } from "node:test";
import { killWhileDeploying } from "../support/deploy-kills.ts";
import { deployUnderLoad } from "../support/deploy-load.ts";

const MINUTES = 60_000;
/** Of the memory after the first tenth: a leak of one isolate for each deployment is far more. */
const GROWTH_MAX = 1.5;

for (const isolation of ["inline", "process"] as const) {
  test(`200 deployments under load lose nothing and keep no memory, isolation ${isolation}`, {
    timeout: 30 * MINUTES,
  }, async (context) => {
    const load = { deployments: 200, connections: 64, isolation };
    const { answered, failures, mixed, deployMs, residentKiB } = await deployUnderLoad(load);
    assert.deepEqual([failures, mixed], [[], []]);
    const sorted = deployMs.toSorted((a, b) => a - b);
    const [median = 0, longest = 0] = [sorted[sorted.length >> 1], sorted.at(-1)];
    const figures = `median ${Math.round(median)} ms, longest ${Math.round(longest)} ms`;
    context.diagnostic(`${figures}, ${answered} requests, KiB: ${residentKiB.join(" ")}`);
    const growth = Math.max(...residentKiB.slice(-2)) / (residentKiB[0] ?? 1);
    assert.ok(growth < GROWTH_MAX, `resident memory in KiB: ${residentKiB.join(", ")}`);
  });
}

test("50 kills in the middle of deployments lose nothing that was acknowledged", {
  timeout: 30 * MINUTES,
}, async () => {
  assert.deepEqual(await killWhileDeploying(50), []);
});
