// Counters of all proxies, as one of them tells of its own.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { CounterSnapshot } from "../../../src/control/store/records.ts";
import { ClusterCounts } from "../../../src/fleet/main/cluster-counts.ts";
import { createCounterBuffers } from "../../../src/state/counter-memory.ts";
import { CounterTable, type CounterValue } from "../../../src/state/counters.ts";
import { ownName } from "../../../src/wire/scopes.ts";

const HITS = { tenant: "demo", name: "hits" };
const OWN = { ...HITS, name: ownName("hits") };

test("one that has lost its copy tells nothing until it knows what it had told", async () => {
  const counters = new CounterTable(createCounterBuffers());
  let isThere = false;
  const told: CounterSnapshot[] = [];
  const counts = new ClusterCounts({
    shared: {
      begin: () => {},
      takeNewId: () => false,
      own: async () => (isThere ? [{ ...HITS, value: 1_000n }] : null),
      exchange: async (own) => {
        told.push(...own);
        return isThere ? [] : null;
      },
    },
    counters,
    set: async (counter: CounterValue) => void counters.set(counter),
    save: async () => {
      for (const counter of counters.unsaved()) counters.markSaved(counter);
    },
  });
  await counts.load();
  counters.add({ ...OWN, value: 7n });
  await counts.exchange();
  assert.deepEqual(told, []);
  isThere = true;
  for (let i = 0; i < 2; i++) await counts.exchange();
  assert.deepEqual(
    told.map(({ value }) => value),
    [1_007n, 1_007n],
  );
});
