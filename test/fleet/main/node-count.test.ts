// What a proxy knows of the others without asking: how many share a limit, more at once, fewer when
// that has been so for a while; and the engine's clock.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CLUSTER_LIMITS } from "../../../src/base/cluster-limits.ts";
import { EngineClock } from "../../../src/fleet/main/engine-clock.ts";
import { NodeCount } from "../../../src/fleet/main/node-count.ts";
import { Folder } from "../../control/store-stand.ts";

const LEASE_MS = CLUSTER_LIMITS.leaseMs;

test("more proxies count at once, fewer after a lease, and a restart knows how many", async () => {
  await using folder = await Folder.make();
  const nodes = new NodeCount(folder.path);
  assert.equal(nodes.value, 1);
  nodes.heard(3, 0);
  assert.equal(nodes.value, 3);
  nodes.heard(1, 1);
  nodes.heard(2, LEASE_MS);
  assert.equal(nodes.value, 3);
  nodes.heard(1, LEASE_MS + 2);
  assert.equal(nodes.value, 2, "as many as there were meanwhile");
  assert.equal(new NodeCount(folder.path).value, 2);
});

test("who could not report while the engine did not answer is not gone", async () => {
  await using folder = await Folder.make();
  const nodes = new NodeCount(folder.path);
  nodes.heard(3, 0);
  nodes.heard(2, 1);
  nodes.lost();
  nodes.heard(1, 5 * LEASE_MS);
  nodes.heard(3, 5 * LEASE_MS + 1);
  assert.equal(nodes.value, 3);
});

test("the engine's clock moves only when an answer contradicts what is known of it", async () => {
  await using folder = await Folder.make();
  const clock = new EngineClock(folder.path, () => 0);
  clock.heard(5_000, { sentMs: 90, heardMs: 110 });
  assert.equal(clock.offsetMs, 4_900);
  clock.heard(5_300, { sentMs: 300, heardMs: 450 });
  assert.equal(clock.offsetMs, 4_900);
  clock.heard(6_000, { sentMs: 500, heardMs: 520 });
  assert.equal(clock.offsetMs, 5_490);
});

test("a clock that is an hour off is put right before the engine is asked", async () => {
  await using folder = await Folder.make();
  const clock = new EngineClock(folder.path, () => 3_600_000);
  clock.heard(1_010, { sentMs: 1_000, heardMs: 1_020 });
  assert.equal(clock.offsetMs, 0);
  // a process that is started again, on a machine that was
  assert.equal(new EngineClock(folder.path, () => 3_700_000).offsetMs, 100_000);
});
