// Tables that a newer release has migrated, as proxies of this one share them while a cluster is
// upgraded one by one; or do not, if it says so.

import assert from "node:assert/strict";
import { parsePostgres } from "../../src/base/config/postgres.ts";
import { type Formats, migratePostgres } from "../../src/control/store/postgres/migrate.ts";
import { FORMATS, NEEDS } from "../../src/control/store/postgres/schema.ts";
import { audit } from "../control/store-stand.ts";
import type { Postgres } from "../support/postgres.ts";
import { Machine } from "./cluster-machine.ts";
import { until } from "./cluster-stand.ts";

const NEWER = `
  CREATE TABLE inventions (name TEXT PRIMARY KEY);
  ALTER TABLE nodes ADD COLUMN invention TEXT NOT NULL DEFAULT '';`;

/** What the newer release makes of its own table, in one change with a row of ours. */
const INVENT = `
  WITH
    made AS (INSERT INTO sluice.inventions (name) VALUES ('wheel')),
    moved AS (UPDATE sluice.meta SET position = position + 1 RETURNING position)
  INSERT INTO sluice.changes (position, nonce, places)
    SELECT position, 'of a test', '[["inventions",["wheel"]],["flags",["demo","red"]]]'
    FROM moved`;

export async function shareNewerTables(server: Postgres, url: string): Promise<void> {
  const database = url.slice(url.lastIndexOf("/") + 1);
  const address = parsePostgres(url);
  assert.ok(address !== null);
  await using one = await Machine.open(url);
  const put = (machine: Machine, name: string) =>
    machine.store.putFlag("demo", { name, value: 1 }, audit("flag.put"));
  await put(one, "red");
  const newer: Formats = { all: [...FORMATS, NEWER], needs: NEEDS };
  await migratePostgres(address, null, newer);
  await server.sql(database, INVENT);
  await put(one, "green");
  await using two = await Machine.open(url);
  await put(two, "blue");
  for (const { store } of [one, two]) {
    await until(async () => (await store.flags("demo")).length === 3);
  }
  assert.deepEqual([one.refusal, two.refusal], [null, null]);
  assert.equal(await one.tells(), true);
  await refuseUnknown(one, address, newer);
}

/** The next one is no format that this release can share: it serves from its copy. */
async function refuseUnknown(
  one: Machine,
  address: NonNullable<ReturnType<typeof parsePostgres>>,
  { all }: Formats,
): Promise<void> {
  const needs = all.length + 1;
  await migratePostgres(address, null, { all: [...all, "ALTER TABLE flags ADD x TEXT"], needs });
  const late = { fault: "unavailable", message: /a newer Sluice made them; upgrade/ };
  await until(async () => {
    // each has it looked for, but not more often than each second
    await assert.rejects(one.store.putFlag("demo", FLAG, audit("flag.put")), late);
    return /a newer Sluice made them/.test(one.refusal ?? "");
  });
  assert.equal((await one.store.flags("demo")).length, 3);
  assert.equal(await one.tells(), false);
}

const FLAG = { name: "refused", value: 1 };
