// Counters of all proxies, as one of them tells of its own.

import assert from "node:assert/strict";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Pool } from "pg";
import { parsePostgres } from "../../../src/base/config/postgres.ts";
import { NodeIdentity } from "../../../src/control/store/cluster/node-identity.ts";
import { SharedCounts } from "../../../src/control/store/cluster/shared-counts.ts";
import { openPool } from "../../../src/control/store/postgres/connect.ts";
import type { CounterSnapshot } from "../../../src/control/store/records.ts";
import { ClusterCounts } from "../../../src/fleet/main/cluster-counts.ts";
import { createCounterBuffers } from "../../../src/state/counter-memory.ts";
import { CounterTable, type CounterValue } from "../../../src/state/counters.ts";
import { ownName } from "../../../src/wire/scopes.ts";
import { Folder } from "../../control/store-stand.ts";
import { failuresOf } from "../../control/told-failures.ts";

const HITS = { tenant: "demo", name: "hits" };
const OWN = { ...HITS, name: ownName("hits") };

test("one that has lost its copy tells nothing until it knows what it had told", async () => {
  const counters = new CounterTable(createCounterBuffers());
  let isThere = false;
  const told: CounterSnapshot[] = [];
  const counts = new ClusterCounts({
    shared: {
      begin: () => {},
      ...{ newId: null, isTaken: false },
      takeNewId: () => true,
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
      return true;
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

test("what was told under another id is told by nobody, whenever the process is killed", async () => {
  await using folder = await Folder.make();
  const stored = new Map([[OWN.name, 1_000n]]);
  const first = await Process.start(folder.path, stored);
  await first.counts.exchange();
  assert.deepEqual(first.told, [1_000n]);
  // it is killed at once, and the next one before its store has that it counts anew
  first.identity.renew();
  const next = await Process.start(folder.path, stored, true);
  next.counters.add({ ...OWN, value: 1n });
  await next.counts.exchange();
  assert.deepEqual(next.told, []);
  const last = await Process.start(folder.path, stored);
  last.counters.add({ ...OWN, value: 7n });
  for (let i = 0; i < 2; i++) await last.counts.exchange();
  assert.deepEqual(last.told, [7n, 7n]);
  assert.equal(last.identity.id, new NodeIdentity(folder.path).countedId);
});

test("a new id that cannot be written is tried again, and nothing is told until it is", async () => {
  await using folder = await Folder.make();
  const stored = new Map([[OWN.name, 1_000n]]);
  const one = await Process.start(folder.path, stored);
  await one.counts.exchange();
  one.identity.renew();
  // in the place of the file that is written before it takes the other's name
  const blocking = join(folder.path, "node-id-counted~");
  mkdirSync(blocking);
  one.counters.add({ ...OWN, value: 1n });
  for (let i = 0; i < 2; i++) await one.counts.exchange();
  assert.deepEqual(one.told, [1_000n]);
  assert.match(
    String(one.failures[0]),
    /Cannot write the id of this proxy, .*node-id-counted: EISDIR/,
  );
  rmSync(blocking, { recursive: true });
  one.counters.add({ ...OWN, value: 7n });
  await one.counts.exchange();
  assert.deepEqual(one.told, [1_000n, 7n]);
  assert.equal(one.identity.countedId, one.identity.id);
});

test("nothing is told under an id that another has, while no new one can be written", async () => {
  await using folder = await Folder.make();
  const one = await Process.start(folder.path, new Map([[OWN.name, 1_000n]]));
  await one.counts.exchange();
  const blocking = join(folder.path, "node-id~");
  mkdirSync(blocking);
  assert.throws(() => one.identity.renew(), { fault: "unavailable" });
  one.counters.add({ ...OWN, value: 1n });
  for (let i = 0; i < 2; i++) await one.counts.exchange();
  assert.deepEqual(one.told, [1_000n]);
  rmSync(blocking, { recursive: true });
  one.identity.renew();
  await one.counts.exchange();
  one.counters.add({ ...OWN, value: 7n });
  await one.counts.exchange();
  assert.deepEqual(one.told, [1_000n, 0n, 7n]);
});

/** One after the other in one folder, with what the one before has stored. */
class Process {
  readonly identity: NodeIdentity;
  readonly counters = new CounterTable(createCounterBuffers());
  readonly counts: ClusterCounts;
  readonly told: bigint[] = [];
  readonly failures: unknown[] = [];

  private constructor(folder: string, pool: Pool, save: (counters: CounterTable) => boolean) {
    this.identity = new NodeIdentity(folder);
    const { identity, counters } = this;
    const failures = failuresOf((thrown) => this.failures.push(thrown));
    const shared = new SharedCounts({ pool, identity, failures, lostAtMs: () => null });
    const exchange = async (own: readonly CounterSnapshot[]) => {
      this.told.push(...own.map(({ value }) => value));
      return [];
    };
    this.counts = new ClusterCounts({
      shared: {
        ...{ own: async () => [], exchange, begin: () => shared.begin() },
        get newId() {
          return shared.newId;
        },
        get isTaken() {
          return shared.isTaken;
        },
        takeNewId: (id) => shared.takeNewId(id),
      },
      counters,
      set: async (counter: CounterValue) => void counters.set(counter),
      save: async () => save(counters),
    });
  }

  static async start(folder: string, stored: Map<string, bigint>, isDiskFull = false) {
    // nobody is asked anything
    const address = parsePostgres("postgres://sluice@127.0.0.1:1/sluice");
    assert.ok(address !== null);
    const pool = await openPool(address);
    const made = new Process(folder, pool, (counters) => {
      if (isDiskFull) return false;
      for (const counter of counters.unsaved()) {
        counters.markSaved(counter);
        stored.set(counter.name, counter.value);
      }
      return true;
    });
    for (const [name, value] of stored) {
      made.counters.add({ ...OWN, name, value });
      made.counters.markSaved({ ...OWN, name, value });
    }
    await made.counts.load();
    return made;
  }
}
