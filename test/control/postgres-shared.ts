// What proxies count together in PostgreSQL: told twice it counts once, what one tenant counts is
// no other's trouble, and nothing stays of what is over.

import assert from "node:assert/strict";
import { it } from "node:test";
import type { Pool } from "pg";
import { CLUSTER_LIMITS } from "../../src/base/cluster-limits.ts";
import type { PostgresAddress } from "../../src/base/config/postgres.ts";
import { putSharedCount } from "../../src/control/store/cluster/put-shared-count.ts";
import { SharedCounts } from "../../src/control/store/cluster/shared-counts.ts";
import { type SharedUse, SharedUses } from "../../src/control/store/cluster/shared-uses.ts";
import { openPool } from "../../src/control/store/postgres/connect.ts";
import type { CounterSnapshot } from "../../src/control/store/records.ts";
import type { SqlStore } from "../../src/control/store/sql-store.ts";
import { audit, put, remove } from "./store-stand.ts";
import { failuresOf } from "./told-failures.ts";

export interface SharedStand {
  readonly store: SqlStore;
  readonly address: PostgresAddress;
  sql(text: string): Promise<string>;
}

const FAR = 2n ** 63n - 1n;
const WINDOW_MS = 60_000;

export class Shared implements AsyncDisposable {
  readonly pool: Pool;
  readonly store: SqlStore;
  readonly sql: SharedStand["sql"];
  readonly #address: PostgresAddress;
  /** The answer of this question is lost, once. */
  isLate = false;

  private constructor(stand: SharedStand, pool: Pool) {
    this.store = stand.store;
    this.sql = stand.sql;
    this.#address = stand.address;
    this.pool = pool;
  }

  static async open(stand: () => Promise<SharedStand>): Promise<Shared> {
    const given = await stand();
    return new Shared(given, await openPool(given.address));
  }

  counts(id: string): SharedCounts {
    const failures = failuresOf(() => {
      this.isLate = false;
    });
    const identity = { id, isTaken: false, countedId: id, countAs: () => id };
    return new SharedCounts({ pool: this.#pool(), identity, failures, lostAtMs: () => null });
  }

  uses(id: string): SharedUses {
    const failures = failuresOf((thrown) => assert.fail(String(thrown)));
    const options = { pool: this.pool, address: this.#address, identity: { id } };
    return new SharedUses({ ...options, failures, lostAtMs: () => null });
  }

  async tenant(name: string): Promise<string> {
    await put(this.store, { name });
    return (await this.store.identity(name)) ?? "";
  }

  async rows(table: string): Promise<number> {
    return Number(await this.sql(`SELECT count(*) FROM sluice.${table}`));
  }

  /** One whose answers may be lost when what was asked for is done. */
  #pool(): Pool {
    return new Proxy(this.pool, {
      get: (pool, name) => {
        if (name !== "query" || !this.isLate) return Reflect.get(pool, name);
        return async (...args: readonly unknown[]) => {
          await Reflect.apply(pool.query, pool, args);
          throw new Error("the line broke");
        };
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.end();
    await this.store.close();
  }
}

export const sumOf = (all: readonly CounterSnapshot[] | null, name = "hits"): bigint | undefined =>
  all?.find((one) => one.name === name)?.value;

export function itIsShared(stand: () => Promise<SharedStand>): void {
  itIsToldOnce(stand);
  itIsBounded(stand);
  itEnds(stand);
}

function itIsToldOnce(stand: () => Promise<SharedStand>): void {
  it("count once what is told again, as nobody knows whether it was heard", async () => {
    await using shared = await Shared.open(stand);
    const tenant = await shared.tenant("demo");
    const [one, two] = [shared.counts("one"), shared.counts("two")];
    const hits = (value: bigint) => [{ tenant, name: "hits", value }];
    const heard = async () => sumOf(await two.exchange(hits(0n)));
    await one.exchange(hits(5n));
    shared.isLate = true;
    assert.equal(await one.exchange(hits(7n)), null, "it is there, and nobody knows");
    assert.equal(await heard(), 7n);
    await one.exchange(hits(7n));
    // a process that was started again
    await shared.counts("one").exchange(hits(7n));
    assert.equal(await heard(), 7n);
    // one that was away for long tells how far it has come, less included
    await one.exchange(hits(-3n));
    assert.equal(await heard(), -3n);
  });

  it("tell again what PostgreSQL has lost", async () => {
    await using shared = await Shared.open(stand);
    const tenant = await shared.tenant("demo");
    const [one, two] = [shared.counts("one"), shared.counts("two")];
    // more than one statement has
    const names = [
      "hits",
      ...Array.from({ length: CLUSTER_LIMITS.countsAtOnce }, (_, i) => `n${i}`),
    ];
    const hits = names.map((name) => ({ tenant, name, value: 5n }));
    await one.exchange(hits);
    for (const lost of [
      "UPDATE sluice.shared_counts SET value = 2",
      "DELETE FROM sluice.shared_counts",
    ]) {
      await shared.sql(lost);
      for (let i = 0; i < 2; i++) await one.exchange(hits);
      const last = names.at(-1) ?? "";
      const asked = ["hits", last].map((name) => ({ tenant, name, value: 0n }));
      const sums = await two.exchange(asked);
      assert.deepEqual([sumOf(sums), sumOf(sums, last)], [5n, 5n]);
    }
  });

  it("set a sum at once from two sides, and it is one of both", async () => {
    await using shared = await Shared.open(stand);
    const tenant = await shared.tenant("demo");
    const [one, two] = [shared.counts("one"), shared.counts("two")];
    const tell = async () => {
      await one.exchange([{ tenant, name: "hits", value: 40n }]);
      const others = sumOf(await two.exchange([{ tenant, name: "hits", value: 2n }]));
      return (others ?? 0n) + 2n;
    };
    assert.equal(await tell(), 42n);
    const set = (value: bigint) =>
      shared.store.changeShared(audit("counter.put"), () =>
        putSharedCount({ tenant, name: "hits", value }),
      );
    await Promise.all([set(100n), set(200n)]);
    assert.ok([100n, 200n].includes(await tell()), String(await tell()));
  });
}

function itIsBounded(stand: () => Promise<SharedStand>): void {
  it("keep no row of what counts nothing, or of a tenant that is gone", async () => {
    await using shared = await Shared.open(stand);
    const old = await shared.tenant("demo");
    const one = shared.counts("one");
    const names = Array.from({ length: 50 }, (_, i) => `n${i}`);
    await one.exchange(names.map((name) => ({ tenant: old, name, value: 0n })));
    assert.equal(await shared.rows("shared_counts"), 0);
    await one.exchange([{ tenant: old, name: "hits", value: 7n }]);
    await remove(shared.store);
    const tenant = await shared.tenant("demo");
    // the old one's isolates may count on for a while
    await one.exchange([{ tenant: old, name: "hits", value: 8n }]);
    assert.equal(await shared.rows("shared_counts"), 0);
    const hits = [{ tenant, name: "hits", value: 0n }];
    assert.equal(sumOf(await shared.counts("two").exchange(hits)), 0n);
  });

  it("count on for all tenants when one has counted beyond any number", async () => {
    await using shared = await Shared.open(stand);
    const [demo, other] = [await shared.tenant("demo"), await shared.tenant("other")];
    const [one, two, three] = [shared.counts("one"), shared.counts("two"), shared.counts("three")];
    const told = [
      { tenant: demo, name: "hits", value: FAR },
      { tenant: other, name: "fair", value: 3n },
    ];
    for (const proxy of [one, two]) await proxy.exchange(told);
    const sums = await three.exchange(told.map((counter) => ({ ...counter, value: 0n })));
    assert.equal(sumOf(sums, "fair"), 6n);
    const counter = { tenant: demo, name: "hits", value: -FAR };
    await shared.store.changeShared(audit("counter.put"), () => putSharedCount(counter));
    assert.equal(sumOf(await three.exchange(told), "fair"), 6n);
  });

  it("forget keys that no proxy has a place for, and windows that are over", async () => {
    await using shared = await Shared.open(stand);
    const tenant = await shared.tenant("demo");
    const [one, two] = [shared.uses("one"), shared.uses("two")];
    const number = Math.floor(Date.now() / WINDOW_MS);
    const use = (key: number, used: number, window = number): SharedUse => {
      return { tenant, series: "calls", windowMs: WINDOW_MS, number: window, key, used };
    };
    const keys = [use(1, 3), use(2, 4)];
    await one.exchange([...keys, use(3, 1)], "run");
    assert.deepEqual((await two.exchange(keys, "run"))?.totals, [6, 8]);
    await one.withdraw([...keys, use(3, 1)], "run");
    assert.equal(await shared.rows("shared_uses"), 2);
    assert.deepEqual((await two.exchange(keys, "run"))?.totals, [3, 4]);
    await two.reset({ tenant, series: "calls", key: 1 });
    await two.withdraw(keys, "run");
    assert.equal(await shared.rows("shared_uses"), 1, "what was reset stays until it is over");
    await one.exchange([use(1, 9, number - 2)], "run");
    await one.forget();
    assert.equal(await shared.rows("shared_uses"), 1);
  });
}

function itEnds(stand: () => Promise<SharedStand>): void {
  it("neither wait for a tenant that just ends, nor fail with it", async () => {
    await using shared = await Shared.open(stand);
    const tenants = [await shared.tenant("demo"), await shared.tenant("other")];
    const [counts, uses] = [shared.counts("one"), shared.uses("one")];
    const number = Math.floor(Date.now() / WINDOW_MS);
    const window = { series: "calls", windowMs: WINDOW_MS, number, key: 1, used: 3 };
    const told = tenants.map((tenant) => ({ ...window, tenant }));
    const hits = tenants.map((tenant) => ({ tenant, name: "hits", value: 3n }));
    await uses.exchange(told, "run");
    const ending = await shared.pool.connect();
    try {
      await ending.query("BEGIN");
      await ending.query("DELETE FROM identities WHERE id = $1", [tenants[0]]);
      const fresh = { ...window, tenant: tenants[0] ?? "", key: 2 };
      const totals = (await uses.exchange([...told, fresh], "run"))?.totals;
      assert.deepEqual(totals, [null, 3, null]);
      await uses.withdraw(told, "run");
      assert.equal((await counts.exchange(hits))?.length, 2);
      assert.equal(await shared.rows("shared_counts"), 1);
    } finally {
      await ending.query("ROLLBACK");
      ending.release();
    }
    // it has not ended after all
    assert.deepEqual((await uses.exchange(told, "run"))?.totals, [3, 3]);
    for (let i = 0; i < 2; i++) await counts.exchange(hits);
    assert.equal(await shared.rows("shared_counts"), 2);
  });
}
