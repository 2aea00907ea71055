// What a proxy stores itself is in its copy as it is in those of others, which read it from
// PostgreSQL: row by row, and as far.

import assert from "node:assert/strict";
import { it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { COPIED, Copy, sealedTable } from "../../src/control/store/cluster/copy.ts";
import { type OpenCluster, openCluster } from "../../src/control/store/cluster/open-cluster.ts";
import { Database } from "../../src/control/store/database.ts";
import { SecretKeys } from "../../src/control/store/secret-keys.ts";
import type { Store } from "../../src/control/store/store.ts";
import type { SharedStand } from "./postgres-shared.ts";
import { add, audit, deployment, Folder, KEY, put, remove, share } from "./store-stand.ts";

const WAIT_MS_MAX = 60_000;
const nothing = (): void => {};

const open = (address: SharedStand["address"], { path }: Folder): Promise<OpenCluster> =>
  openCluster({
    ...{ address, folder: path, name: "of a test", isSuccessor: false, onAudit: nothing },
    keys: SecretKeys.parse(KEY, "the test"),
    on: {
      ...{ lost: nothing, found: nothing, twin: nothing },
      replaced: () => assert.fail("nothing has to be compared"),
      refused: (error) => assert.fail(String(error)),
    },
  });

export function itIsCopied(stand: () => Promise<SharedStand>): void {
  itKeepsItsOwn(stand);
  it("is in the copy of who made it as in those of others", async () => {
    const { store, address } = await stand();
    await store.close();
    await using mine = await Folder.make();
    await using theirs = await Folder.make();
    const [one, two] = [await open(address, mine), await open(address, theirs)];
    await changeAll(one.store);
    // each goes on from what the other has stored
    for (const { store: own } of [two, one, two]) {
      const flag = { name: "color", value: await own.nowMs() };
      await own.putFlag("demo", flag, audit("flag.put"));
    }
    const both = [mine, theirs].map(({ path }) => `${path}/copy.db`);
    const untilMs = performance.now() + WAIT_MS_MAX;
    let [ours, others] = both.map(contentOf);
    while (ours?.cursor !== others?.cursor && performance.now() < untilMs) {
      await sleep(20);
      [ours, others] = both.map(contentOf);
    }
    assert.ok((ours?.rows.length ?? 0) > COPIED.length);
    assert.deepEqual(ours, others);
    await Promise.all([one.close(), two.close()]);
  });
}

function itKeepsItsOwn(stand: () => Promise<SharedStand>): void {
  it("keeps a counter that is set with the proxy that counts", async () => {
    const { store, address, sql } = await stand();
    await store.close();
    await using folder = await Folder.make();
    const one = await open(address, folder);
    const counter = { tenant: "demo", name: "hits", value: 7n };
    await one.store.putCounter(counter, audit("counter.put"));
    assert.deepEqual(await one.store.counters(), [counter]);
    assert.equal(await sql("SELECT count(*) FROM sluice.counters"), "0");
    await one.close();
  });
}

/** Every kind of change that is not another's sibling. */
async function changeAll(store: Store): Promise<void> {
  await put(store, { name: "shop", hosts: ["a.example", "b.example"] });
  await put(store, { name: "shop", hosts: ["b.example", "c.example"] });
  await put(store, { name: "gone", hosts: ["gone.example"] });
  await add(store, deployment({ tenant: "gone" }));
  for (let i = 0; i < 3; i++) await add(store, deployment({ code: `a\0b ${i}` }));
  await share(store, [
    { version: 2, percent: 50 },
    { version: 3, percent: 50 },
  ]);
  await share(store, [{ version: 1, percent: 100 }]);
  await store.putSecret("demo", { name: "s", value: "hunter2" }, audit("secret.put"));
  for (const name of ["kept", "gone"]) {
    await store.putFlag("demo", { name, value: { é: [1.5] } }, audit("flag.put"));
  }
  await store.deleteFlag("demo", "gone", audit("flag.delete"));
  await store.setSuspended("demo", true, audit("tenant.suspend"));
  await store.setSuspended("shop", false, audit("tenant.resume"));
  const token = { id: "t1", role: "reader", tenant: null, expiresAtMs: null } as const;
  await store.addToken(token, Buffer.alloc(32, 7), audit("token.create", null));
  await store.signingKey();
  await remove(store, "gone");
}

/** How far it has come, and each row of it. */
function contentOf(path: string) {
  using database = new Database(path);
  const rows = COPIED.flatMap((name) =>
    database.take(sealedTable(name).seals()).map(({ key, seal }) => [name, key, seal] as const),
  );
  const sorted = rows.map((row) => JSON.stringify(row)).toSorted();
  return { cursor: JSON.stringify(new Copy(database).cursor), rows: sorted };
}
