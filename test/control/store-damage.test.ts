// What was changed on the disk by accident is found: at the opening, or when it is read. It is
// never handed out.

import assert from "node:assert/strict";
import {
  closeSync,
  openSync,
  readSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { describe, it } from "node:test";
import { type Store, StoreError } from "../../src/control/store/store.ts";
import { add, audit, deployment, Folder, NEWEST, put, share } from "./store-stand.ts";

/** Everything that can be read, as text. */
async function readAll(store: Store): Promise<string> {
  const all: unknown[] = [await store.tenants(), await store.tokens(), await store.counters()];
  for (const tenant of ["demo", "shop"]) {
    const deployments = await store.deployments(tenant, NEWEST);
    for (const { version } of deployments) all.push(await store.deployment(tenant, version));
    all.push(deployments, await store.traffic(tenant), await store.isSuspended(tenant));
    all.push(await store.flags(tenant), await store.secretValues(tenant));
    all.push(await store.audit({ tenant }, NEWEST));
    const hash = Buffer.alloc(32, tenant);
    all.push(await store.tokenByHash(hash));
  }
  all.push(await store.audit({ tenant: null }, NEWEST));
  return JSON.stringify(all, (_, value) => (typeof value === "bigint" ? `${value}n` : value));
}

async function fill(folder: Folder): Promise<string> {
  const { store, close } = await folder.open();
  for (const tenant of ["demo", "shop"]) {
    const hosts = [`${tenant}.example.com`];
    await put(store, { name: tenant, hosts });
    for (const code of ["one", "two".repeat(3_000), "three"]) {
      await add(store, deployment({ tenant, code }));
    }
    await share(store, [{ version: 2, percent: 100 }], tenant);
    await store.putFlag(tenant, { name: "checkout", value: { on: true } }, audit("f", tenant));
    await store.putSecret(tenant, { name: "key", value: "v" }, audit("s", tenant));
    const token = { id: tenant, role: "deployer", tenant, expiresAtMs: null } as const;
    await store.addToken(token, Buffer.alloc(32, tenant), audit("token", tenant));
    await store.saveCounters([{ tenant, name: "hits", value: 7n }]);
  }
  await store.setSuspended("demo", true, audit("tenant.suspend"));
  const all = await readAll(store);
  await close();
  return all;
}

function flip(file: string, offset: number): void {
  const descriptor = openSync(file, "r+");
  const byte = Buffer.alloc(1);
  readSync(descriptor, byte, 0, 1, offset);
  byte[0] = (byte[0] ?? 0) ^ (1 << (offset % 8));
  writeSync(descriptor, byte, 0, 1, offset);
  closeSync(descriptor);
}

describe("a damaged store", () => {
  it("is found wherever a bit is flipped, or nothing that is read has changed", async () => {
    await using folder = await Folder.make();
    const before = await fill(folder);
    const { size } = statSync(folder.file);
    let found = 0;
    // an odd step: every place of a page comes up, over the pages
    for (let offset = 0; offset < size; offset += 251) {
      flip(folder.file, offset);
      try {
        const { store, close } = await folder.open();
        try {
          assert.equal(await readAll(store), before, `a flipped bit at ${offset} was served`);
        } finally {
          await close();
        }
      } catch (thrown) {
        if (!(thrown instanceof StoreError)) throw thrown;
        // four bytes of it are its version
        const isTold = thrown.fault === "damaged" || thrown.message.includes("a newer Sluice");
        assert.ok(isTold, `at ${offset}: ${thrown.message}`);
        found++;
      }
      flip(folder.file, offset);
    }
    assert.ok(found > 30, `${found} found`);
    const { store, close } = await folder.open();
    assert.equal(await readAll(store), before, "flipped back, it is whole");
    await close();
  });

  it("is refused with one line that says what to do", async () => {
    await using folder = await Folder.make();
    await fill(folder);
    truncateSync(folder.file, statSync(folder.file).size - 4096 * 3);
    await assert.rejects(folder.open(), (error: unknown) => {
      assert.ok(error instanceof StoreError);
      assert.equal(error.fault, "damaged");
      assert.match(
        error.message,
        /^Cannot use the store \S+sluice\.db: [^\n]+sluice store restore/,
      );
      return true;
    });
  });

  it("is told from a file that is no store at all", async () => {
    await using folder = await Folder.make();
    writeFileSync(folder.file, "listeners: []\n".repeat(1_000));
    await assert.rejects(folder.open(), { fault: "damaged" });
  });
});
