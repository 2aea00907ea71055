// What holds for every store, once more on PostgreSQL; and what a store in PostgreSQL says when it
// cannot be had.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { parsePostgres } from "../../src/base/config/postgres.ts";
import { checkStore } from "../../src/control/store/backup.ts";
import { migratePostgres } from "../../src/control/store/postgres/migrate.ts";
import { moveToFile, moveToPostgres } from "../../src/control/store/postgres/move.ts";
import { openPostgres } from "../../src/control/store/postgres/open-postgres.ts";
import { SecretKeys } from "../../src/control/store/secret-keys.ts";
import { missingPostgres, Postgres } from "../support/postgres.ts";
import { itIsCopied } from "./postgres-copies.ts";
import { itSaysWhoseFaultItIs } from "./postgres-faults.ts";
import { itIsMerged } from "./postgres-gone.ts";
import { itIsFenced } from "./postgres-lease.ts";
import { itIsListed } from "./postgres-nodes.ts";
import { itIsShared, type SharedStand } from "./postgres-shared.ts";
import { itIsEncrypted } from "./postgres-tls.ts";
import { itMovesTraffic } from "./postgres-traffic.ts";
import { itIsQuick } from "./postgres-trips.ts";
import { itTellsTheTruth } from "./postgres-truth.ts";
import { add, audit, deployment, Folder, KEY, makeStoresBy, NEWEST, put } from "./store-stand.ts";

const skip = await missingPostgres();
const keys = SecretKeys.parse(KEY, "the test");
const server = skip === false ? await Postgres.start() : null;
after(() => server?.[Symbol.asyncDispose]());

const addressOf = (database: string, user?: string) => {
  const address = parsePostgres(server?.url(database, user) ?? "");
  if (address === null) throw new TypeError("expected the address of a PostgreSQL");
  return address;
};

/** With tables and nothing in them. */
async function newDatabase(): Promise<string> {
  const database = (await server?.database()) ?? "";
  await migratePostgres(addressOf(database), null);
  return database;
}

const open = (database: string, user?: string) =>
  openPostgres({ address: addressOf(database, user), keys });

if (server !== null) {
  makeStoresBy(async () => {
    const store = await open(await newDatabase());
    return { store, close: () => store.close() };
  });
  await import("./store.test.ts");
  await import("./store-tenants.test.ts");
  await import("./store-revision.test.ts");
  await import("./store-acme.test.ts");
}

describe("two proxies on one PostgreSQL", { skip }, () => {
  it("make their changes one after the other, and each sees those of the other", async () => {
    const database = await newDatabase();
    const stores = [await open(database), await open(database)];
    const all = Array.from({ length: 10 }, (_, i) =>
      stores.map((store, n) =>
        store.putFlag("demo", { name: `f${n}-${i}`, value: i }, audit("flag.put")),
      ),
    );
    const made = await Promise.all(all.flat());
    const revisions = made.map(({ revision }) => revision).sort((a, b) => a - b);
    assert.deepEqual(
      revisions,
      Array.from({ length: 20 }, (_, i) => i + 1),
    );
    for (const store of stores) {
      assert.equal((await store.flags("demo")).length, 20);
      await store.close();
    }
  });

  it("cannot both claim a host, or make the same version", async () => {
    const database = await newDatabase();
    const [one, two] = [await open(database), await open(database)];
    const claims = await Promise.allSettled([
      put(one, { name: "one", hosts: ["a.example"] }),
      put(two, { name: "two", hosts: ["a.example"] }),
    ]);
    assert.deepEqual(claims.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    const adds = await Promise.allSettled([one, two].map((store) => add(store, deployment())));
    assert.equal((await one.deployments("demo", NEWEST)).length, adds.filter(isDone).length);
    await Promise.all([one.close(), two.close()]);
  });

  itMovesTraffic(async () => {
    const database = await newDatabase();
    return [await open(database), await open(database)];
  });
});

describe("two proxies, one of which judges,", { skip }, () => {
  itIsFenced(async () => {
    const database = await newDatabase();
    const expire = () => server?.sql(database, EXPIRE) ?? Promise.resolve("");
    return { store: await open(database), address: addressOf(database), expire };
  });
});

async function sharedStand(): Promise<SharedStand> {
  const database = await newDatabase();
  const sql = (text: string) => server?.sql(database, text) ?? Promise.resolve("");
  return { store: await open(database), address: addressOf(database), sql };
}

describe("proxies that count together", { skip }, () => itIsShared(sharedStand));

describe("proxies that count together, and are gone,", { skip }, () => itIsMerged(sharedStand));

describe("a change in PostgreSQL", { skip }, () => {
  itTellsTheTruth(sharedStand);
  itSaysWhoseFaultItIs(sharedStand);
  itIsQuick(sharedStand);
  itIsCopied(sharedStand);
});

describe("proxies that live", { skip }, () => itIsListed(sharedStand));

const EXPIRE = "UPDATE sluice.leases SET until = clock_timestamp()";

const isDone = ({ status }: PromiseSettledResult<unknown>): boolean => status === "fulfilled";

describe("a store that is moved", { skip }, () => {
  it("has every row in PostgreSQL, and again in a file, under the seals that it had", async () => {
    await using folder = await Folder.make();
    const { store, close } = await folder.open();
    await put(store, { name: "made", hosts: ["made.example"] });
    for (let i = 0; i < 6; i++) await add(store, deployment({ code: `a\0b ${i}` }));
    await store.putSecret("demo", { name: "s", value: "hunter2" }, audit("secret.put"));
    await store.signingKey();
    const database = await newDatabase();
    const moved = await moveToPostgres(folder.file, addressOf(database));
    assert.equal(moved.get("bundles"), 6);
    const there = await open(database);
    assert.deepEqual(await there.revision(), await store.revision());
    assert.deepEqual(await there.signingKey(), await store.signingKey());
    assert.deepEqual(await there.secretValues("demo"), { s: "hunter2" });
    assert.equal((await there.deployment("demo", 3))?.code, "a\0b 2");
    assert.equal(await add(there), 7);
    await there.close();
    await close();
    const again = moveToPostgres(folder.file, addressOf(database));
    await assert.rejects(again, { message: /expected empty tables, got rows in tenants/ });
    const back = join(folder.path, "back.db");
    await moveToFile(addressOf(database), back);
    const rows = checkStore(back);
    assert.deepEqual([rows.get("bundles"), rows.get("hosts"), rows.get("secrets")], [7, 1, 1]);
    await assert.rejects(moveToFile(addressOf(database), back), { message: /expected no file/ });
  });

  it("is not there at all if a row was damaged", async () => {
    await using folder = await Folder.make();
    const { store, close } = await folder.open();
    await add(store);
    await close();
    const database = await newDatabase();
    await server?.sql(database, "UPDATE sluice.revision SET lineage = 'x'");
    const back = join(folder.path, "back.db");
    await assert.rejects(moveToFile(addressOf(database), back), { fault: "damaged" });
    assert.equal(existsSync(back), false);
  });
});

describe("a store in PostgreSQL", { skip }, () => {
  it("holds no secret in the clear, and says which row was damaged", async () => {
    const database = await newDatabase();
    const store = await open(database);
    await store.putSecret("demo", { name: "s", value: "hunter2" }, audit("secret.put"));
    const sql = "SELECT encode(sealed, 'escape') FROM sluice.secrets";
    assert.doesNotMatch((await server?.sql(database, sql)) ?? "", /hunter2/);
    await server?.sql(database, "UPDATE sluice.secrets SET tenant = 'other'");
    await assert.rejects(store.secretValues("other"), { fault: "damaged", message: /secrets/ });
    await store.close();
  });

  it("says what to do if there are no tables, no database, or nobody", async () => {
    const database = (await server?.database()) ?? "";
    const refused = (name: string) => open(name);
    await assert.rejects(refused(database), { fault: "unavailable", message: /store migrate/ });
    const none = { fault: "unavailable", message: /expected a database none, got none/ };
    await assert.rejects(refused("none"), none);
    const address = { ...addressOf(database), port: 1 };
    const nobody = { fault: "unreachable", message: /ECONNREFUSED/ };
    await assert.rejects(openPostgres({ address, keys }), nobody);
  });

  it("says which format it expected, and takes a newer one that it can share", async () => {
    const database = await newDatabase();
    await server?.sql(database, "UPDATE sluice.meta SET format = 0");
    await assert.rejects(open(database), {
      message: /format \d, got 0; run: sluice store migrate/,
    });
    await server?.sql(database, "UPDATE sluice.meta SET format = 99");
    await (await open(database)).close();
    await server?.sql(database, "UPDATE sluice.meta SET needs = 99");
    await assert.rejects(open(database), { message: /got 99; a newer Sluice made them/ });
  });

  it("is used by a role that may not make tables, once it was granted", async () => {
    const database = (await server?.database()) ?? "";
    await server?.sql(database, "CREATE ROLE sluice LOGIN");
    const refused = migratePostgres(addressOf(database, "sluice"), null);
    await assert.rejects(refused, { message: /the owner runs: GRANT CREATE ON DATABASE/ });
    await migratePostgres(addressOf(database), null);
    await assert.rejects(open(database, "sluice"), { message: /--grant sluice/ });
    await migratePostgres(addressOf(database), "sluice");
    const store = await open(database, "sluice");
    assert.equal(await add(store), 1);
    await store.close();
  });

  it("that is migrated once more stays as it is", async () => {
    const database = await newDatabase();
    const store = await open(database);
    await add(store);
    const { from, to } = await migratePostgres(addressOf(database), null);
    assert.equal(from, to);
    assert.equal((await store.deployments("demo", NEWEST)).length, 1);
    await store.close();
  });

  itIsEncrypted(server, newDatabase);
});
