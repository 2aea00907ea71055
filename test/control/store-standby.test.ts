// A commit that waits for a standby: what is said to be stored has a standby, too, also where the
// server's answer was lost and had to be looked up.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { CLUSTER_LIMITS } from "../../src/base/cluster-limits.ts";
import { parsePostgres } from "../../src/base/config/postgres.ts";
import { openCluster } from "../../src/control/store/cluster/open-cluster.ts";
import { migratePostgres } from "../../src/control/store/postgres/migrate.ts";
import { openPostgres } from "../../src/control/store/postgres/open-postgres.ts";
import { SecretKeys } from "../../src/control/store/secret-keys.ts";
import type { Store } from "../../src/control/store/store.ts";
import { missingPostgres, Postgres } from "../support/postgres.ts";
import { Relay } from "../support/relay.ts";
import { audit, Folder, KEY } from "./store-stand.ts";

const skip = await missingPostgres();
const keys = SecretKeys.parse(KEY, "the test");

test("a change whose commit lost its backend has a standby before it is acknowledged", {
  skip,
}, async (t) => {
  await using primary = await Postgres.start();
  await using replication = await Relay.start(primary.port);
  await using standby = await primary.standby({ port: replication.port });
  const database = await primary.database();
  const owner = addressOf(primary, database);
  await primary.sql(database, "CREATE ROLE sluice LOGIN");
  await migratePostgres(owner, "sluice");
  const address = addressOf(primary, database, "sluice");
  const store = await openPostgres({ address, keys });
  after(() => store.close());
  const killed = () => killWaiting(primary);

  await t.test("nobody knows whether it stays while no standby has it", async () => {
    replication.lead(0);
    const put = putFlag(store, "alone");
    const refused = assert.rejects(put, { fault: "unconfirmed", message: /no standby/ });
    await killed();
    await refused;
    assert.equal(await countOf(primary, database), "1", "it is there, and may be lost");
  });

  await t.test("it is acknowledged when a standby has it", async () => {
    const put = putFlag(store, "followed");
    await killed();
    replication.lead(primary.port);
    await put;
    assert.equal(await countOf(standby, database), "2");
  });

  await t.test("who waits for that leaves a connection to what the proxy asks for", async () => {
    await using folder = await Folder.make();
    const said: string[] = [];
    const cluster = await openCluster({
      ...{ address, folder: folder.path, name: "of a test", isSuccessor: false, keys },
      onAudit: ignore,
      on: { ...{ twin: ignore, replaced: ignore, found: ignore }, ...sayingIn(said) },
    });
    replication.lead(0);
    const names = Array.from({ length: CLUSTER_LIMITS.connections - 1 }, (_, i) => `many${i}`);
    const puts = names.map((name) => putFlag(cluster.store, name));
    for (const _ of names) await killed();
    const { isStale } = await cluster.registry.list();
    replication.lead(primary.port);
    // on a busy machine the standby may be back too late
    await Promise.allSettled(puts);
    await cluster.close();
    assert.deepEqual([isStale, said], [false, []]);
  });

  await t.test("where it cannot be asked, that is the reason", async () => {
    await primary.sql(database, allowed("REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC"));
    replication.lead(0);
    const put = putFlag(store, "unasked");
    const refused = assert.rejects(put, {
      fault: "unconfirmed",
      message: /whether a standby has it cannot be asked: permission denied for function/,
    });
    await killed();
    await refused.finally(() => replication.lead(primary.port));
    await primary.sql(database, allowed("GRANT EXECUTE ON FUNCTION %s TO PUBLIC"));
    await putFlag(store, "asked");
  });
});

const ignore = (): void => {};

const sayingIn = (said: string[]) => ({
  lost: (error: unknown) => void said.push(`lost: ${error}`),
  refused: (error: unknown) => void said.push(`refused: ${error}`),
});

function addressOf(server: Postgres, database: string, user?: string) {
  const address = parsePostgres(server.url(database, user));
  if (address === null) throw new TypeError("expected the address of a PostgreSQL");
  return address;
}

const putFlag = (store: Pick<Store, "putFlag">, name: string) =>
  store.putFlag("demo", { name, value: 1 }, audit("flag.put"));

const countOf = (server: Postgres, database: string): Promise<string> =>
  server.sql(database, "SELECT count(*) FROM sluice.flags");

/** The first connection whose commit waits for a standby is ended there. */
async function killWaiting(server: Postgres): Promise<void> {
  while ((await server.sql("postgres", KILL)) !== "true");
}

const KILL = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE wait_event = 'SyncRep' AND query LIKE '%COMMIT%' LIMIT 1`;

/** Its parameters differ from one version to another. */
const allowed = (statement: string): string => `
  DO $$ DECLARE one regprocedure; BEGIN
    FOR one IN SELECT oid FROM pg_proc WHERE proname = 'pg_logical_emit_message' LOOP
      EXECUTE format('${statement}', one);
    END LOOP;
  END $$`;
