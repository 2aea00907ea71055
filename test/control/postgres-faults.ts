// Whose fault it is that a change to PostgreSQL fails: what is wrong with the change itself, or
// with how much is asked at once, is no sign that the server is gone.

import assert from "node:assert/strict";
import { it } from "node:test";
import { CLUSTER_LIMITS } from "../../src/base/cluster-limits.ts";
import { type OpenCluster, openCluster } from "../../src/control/store/cluster/open-cluster.ts";
import { openPool } from "../../src/control/store/postgres/connect.ts";
import { SecretKeys } from "../../src/control/store/secret-keys.ts";
import { ask, nothing } from "../../src/control/store/steps.ts";
import { StoreError } from "../../src/control/store/store.ts";
import type { SharedStand } from "./postgres-shared.ts";
import { audit, Folder, KEY } from "./store-stand.ts";

const ignore = (): void => {};

/** What is said of PostgreSQL is kept. */
const open = (address: SharedStand["address"], { path }: Folder, said: string[]) =>
  openCluster({
    ...{ address, folder: path, name: "of a test", isSuccessor: false, onAudit: ignore },
    keys: SecretKeys.parse(KEY, "the test"),
    on: {
      ...{ twin: ignore, replaced: ignore },
      lost: ({ message }) => said.push(`lost: ${message}`),
      found: () => said.push("found"),
      refused: (error) => said.push(`refused: ${error}`),
    },
  });

export function itSaysWhoseFaultItIs(stand: () => Promise<SharedStand>): void {
  it("that finds no connection free is refused alone: the server is not lost", async () => {
    const { store, address } = await stand();
    await store.close();
    await using folder = await Folder.make();
    const said: string[] = [];
    const cluster = await open(address, folder, said);
    const pool = await openPool(address);
    const other = await pool.connect();
    await other.query("BEGIN");
    await other.query("SELECT position FROM meta FOR UPDATE");
    const count = CLUSTER_LIMITS.connections + 2;
    const changes = Array.from({ length: count }, (_, i) => faultOf(putFlag(cluster, `f${i}`)));
    const first = await Promise.race(changes);
    assert.equal(first, "busy");
    // what the proxy asks for by itself does not wait for those
    assert.equal((await cluster.registry.list()).isStale, false);
    assert.equal(cluster.lostAtMs(), null);
    await other.query("ROLLBACK");
    other.release();
    const faults = await Promise.all(changes);
    assert.ok(faults.includes(null), "who had a connection was served");
    assert.equal(await faultOf(putFlag(cluster, "later")), null);
    assert.deepEqual([said, cluster.copyRefusal()], [[], null]);
    await pool.end();
    await cluster.close();
  });

  it("that is a defect of ours is thrown as such: the server is not lost", async () => {
    const { store, address } = await stand();
    await store.close();
    await using folder = await Folder.make();
    const said: string[] = [];
    const cluster = await open(address, folder, said);
    const defects = {
      "before it asks": function* () {
        yield* nothing();
        throw new TypeError("a defect");
      },
      "with an answer": function* () {
        yield* ask({ sql: "SELECT 1", parameters: [], changes: null });
        throw Object.assign(new TypeError("a defect"), { code: "ERR_INVALID_ARG_TYPE" });
      },
    };
    for (const defect of Object.values(defects)) {
      const change = cluster.store.changeShared(audit("flag.put"), defect);
      await assert.rejects(change, { name: "TypeError", message: "a defect" });
    }
    assert.equal(await faultOf(putFlag(cluster, "later")), null);
    assert.deepEqual([said, cluster.lostAtMs()], [[], null]);
    await cluster.close();
  });
}

const putFlag = ({ store }: OpenCluster, name: string): Promise<unknown> =>
  store.putFlag("demo", { name, value: 1 }, audit("flag.put"));

/** Null: it was done. */
const faultOf = (change: Promise<unknown>): Promise<string | null> =>
  change.then(
    () => null,
    (thrown) => (thrown instanceof StoreError ? thrown.fault : String(thrown)),
  );
