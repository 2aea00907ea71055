// Of two proxies one at a time judges new versions: what the other one decides too late is refused.

import assert from "node:assert/strict";
import { it } from "node:test";
import type { PostgresAddress } from "../../src/base/config/postgres.ts";
import { Lease } from "../../src/control/store/cluster/lease.ts";
import { openPool } from "../../src/control/store/postgres/connect.ts";
import type { Fence, Store } from "../../src/control/store/store.ts";
import { add, audit, NEWEST } from "./store-stand.ts";

export interface LeaseStand {
  readonly store: Store;
  readonly address: PostgresAddress;
  /** As if the time of the lease had passed. */
  expire(): Promise<unknown>;
}

export function itIsFenced(stand: () => Promise<LeaseStand>): void {
  it("take nothing back by a lease that the other one has by now", async () => {
    const { store, address, expire } = await stand();
    for (let i = 0; i < 2; i++) await add(store);
    const pool = await openPool(address);
    const lease = (holder: string) => new Lease({ pool, name: "guardian", holder });
    const [one, two] = [lease("one"), lease("two")];
    const first = await one.hold();
    assert.deepEqual(first, { name: "guardian", epoch: 1 });
    assert.equal(await two.hold(), null);
    const takeBack = async (fence: Fence | null): Promise<number> => {
      assert.ok(fence !== null);
      const stickyBy = { kind: "address" } as const;
      const traffic = { versions: [{ version: 1, percent: 100 }], stickyBy };
      const line = audit("traffic.rollback.automatic");
      return await store.release([
        { tenant: "demo", deployment: null, traffic, fence, audit: [line] },
      ]);
    };
    await expire();
    await assert.rejects(takeBack(first), { fault: "fenced" });
    const second = await lease("two").hold();
    assert.deepEqual(second, { name: "guardian", epoch: 2 });
    // it was stopped, and believes still that it has it
    assert.deepEqual(one.fence, first);
    await assert.rejects(takeBack(one.fence), { fault: "fenced", message: /epoch 1/ });
    assert.equal((await store.traffic("demo"))?.versions[0]?.version, 2);
    const lines = await store.audit({ tenant: "demo" }, NEWEST);
    assert.ok(lines.every(({ action }) => action !== "traffic.rollback.automatic"));
    await takeBack(second);
    assert.equal((await store.traffic("demo"))?.versions[0]?.version, 1);
    await pool.end();
    await store.close();
  });
}
