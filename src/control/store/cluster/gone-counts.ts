// What proxies told that are gone for long: rows of them would be summed up for ever, and where
// proxies come and go there are many. They become one row, in which their sum stays; whose they
// were is noted beside, so that one that comes back has its own again.
//
//   shop~9f86  hits  node A  1204              shop~9f86  hits  *  1581
//   shop~9f86  hits  node B   377      <=>     counting  node A  [["shop~9f86", "hits", 1204, 9]]
//                                              counting  node B  [["shop~9f86", "hits", 377, 4]]
//
// Each step is one transaction, so that no sum ever has a count twice or not at all. A proxy tells
// nothing while it is merged: whoever tells locks its row of `counting`, and so does who merges.

import type { Pool, PoolClient } from "pg";
import { CLUSTER_LIMITS } from "../../../base/cluster-limits.ts";
import { inTime } from "../postgres/connect.ts";
import { countOf } from "./put-shared-count.ts";

/** It counts from now on, and what was merged of it is its own again. */
export async function enterCounting(pool: Pool, node: string): Promise<void> {
  const { rowCount } = await pool.query({ ...inTime(ENTER), values: [node] });
  if (rowCount === 0) await alone(pool, (client) => takeApart(client, node));
}

/** In a transaction. */
async function takeApart(client: PoolClient, node: string): Promise<void> {
  for (const sql of [HOLD_OWN, TAKE_APART, COME_BACK]) await client.query(sql, [node]);
}

/** Merges what others have told that are gone, once what is merged is nobody's who tells. */
export async function mergeGone(pool: Pool, node: string): Promise<void> {
  const { goneCountsMs, goneCountsAtOnce } = CLUSTER_LIMITS;
  const listed = async (text: string, values: readonly unknown[]): Promise<readonly string[]> => {
    const query = { ...inTime(text), values: [...values, goneCountsAtOnce] };
    return (await pool.query<{ readonly node: string }>(query)).rows.map((row) => row.node);
  };
  for (const one of await listed(BACK, [])) {
    await alone(pool, (client) => takeApart(client, one));
  }
  for (const one of await listed(GONE, [node, goneCountsMs])) {
    await alone(pool, (client) => mergeOne(client, one));
  }
}

/** In a transaction. Does nothing of one that has come back meanwhile, or was merged. */
export async function mergeOne(client: PoolClient, node: string): Promise<void> {
  const values = [node, CLUSTER_LIMITS.goneCountsMs];
  const { rowCount } = await client.query(HOLD, values);
  if (rowCount === 0) return;
  await client.query(MERGE, [node]);
  await client.query(FORGET, [node]);
}

/** One at a time, of all proxies: rows that several are merged into are locked in any order. */
async function alone(pool: Pool, work: (client: PoolClient) => Promise<unknown>): Promise<void> {
  const client = await pool.connect();
  let isSound = false;
  try {
    await client.query("BEGIN");
    await client.query("SELECT pg_advisory_xact_lock($1)", [LOCK]);
    await work(client);
    await client.query("COMMIT");
    isSound = true;
  } finally {
    // nobody knows how a connection stands whose answer was lost
    client.release(!isSound);
  }
}

/** Of the database, while counts are merged or taken apart: "Slcg". */
const LOCK = 0x536c6367;

/** The row of all that are gone: no id is like that. */
const GONE_NODE = "*";

/** No row: it was merged. */
const ENTER = `
  INSERT INTO counting AS c (node, seen_at) VALUES ($1, clock_timestamp())
  ON CONFLICT (node) DO UPDATE SET seen_at = excluded.seen_at WHERE c.merged IS NULL`;

/** One that lives may not have said so here: PostgreSQL does not take its counts, or is slow. */
const isGone = (forMs: string): string => `
  c.merged IS NULL AND c.seen_at < clock_timestamp() - ${forMs}::bigint * interval '1 ms'
  AND NOT EXISTS (SELECT 1 FROM nodes AS n WHERE n.id = c.node AND n.until > clock_timestamp())`;

const GONE = `
  SELECT c.node FROM counting AS c WHERE c.node <> $1 AND ${isGone("$2")}
  ORDER BY c.seen_at LIMIT $3::bigint`;

/** With an earlier release, which tells without coming back first: what it told counts. */
const BACK = `
  SELECT c.node FROM counting AS c WHERE c.merged IS NOT NULL
    AND EXISTS (SELECT 1 FROM shared_counts AS s WHERE s.node = c.node)
  LIMIT $1::bigint`;

const HOLD = `SELECT 1 FROM counting AS c WHERE c.node = $1 AND ${isGone("$2")} FOR UPDATE`;

/** A tenant that ends at this moment is waited for: its rows are gone then, or are merged too. */
const MERGE = `
  WITH alive AS MATERIALIZED (
    SELECT id FROM identities
    WHERE id IN (SELECT tenant FROM shared_counts WHERE node = $1) FOR KEY SHARE
  ), gone AS (
    DELETE FROM shared_counts AS s USING alive WHERE s.node = $1 AND s.tenant = alive.id
    RETURNING s.tenant, s.name, s.value, s.sequence
  ), kept AS (
    INSERT INTO shared_counts AS s (tenant, name, node, value, sequence)
    SELECT tenant, name, '${GONE_NODE}', value, 1 FROM gone
    ON CONFLICT (tenant, name, node) DO UPDATE
      SET value = ${countOf("s.value::numeric + excluded.value")}, sequence = s.sequence + 1
  )
  UPDATE counting SET merged = (
    SELECT jsonb_agg(jsonb_build_array(tenant, name, value, sequence)) FROM gone
  ) WHERE node = $1`;

/** It had counted nothing. */
const FORGET = "DELETE FROM counting WHERE node = $1 AND merged IS NULL";

const HOLD_OWN = "SELECT 1 FROM counting WHERE node = $1 FOR UPDATE";

/** What tenants had that have ended since is gone with them. */
const TAKE_APART = `
  WITH own AS MATERIALIZED (
    SELECT one ->> 0 AS tenant, one ->> 1 AS name, (one ->> 2)::bigint AS value,
      (one ->> 3)::bigint AS sequence
    FROM counting AS c, jsonb_array_elements(c.merged) AS one WHERE c.node = $1
  ), alive AS MATERIALIZED (
    SELECT id FROM identities WHERE id IN (SELECT tenant FROM own) FOR KEY SHARE
  ), apart AS (
    UPDATE shared_counts AS s
    SET value = ${countOf("s.value::numeric - own.value")}, sequence = s.sequence + 1
    FROM own JOIN alive ON alive.id = own.tenant
    WHERE s.tenant = own.tenant AND s.name = own.name AND s.node = '${GONE_NODE}'
  )
  INSERT INTO shared_counts (tenant, name, node, value, sequence)
  SELECT own.tenant, own.name, $1, own.value, own.sequence
  FROM own JOIN alive ON alive.id = own.tenant
  ON CONFLICT (tenant, name, node) DO NOTHING`;

/** Last, and apart: in one statement it would be gone before it is read. */
const COME_BACK = `
  UPDATE counting SET seen_at = clock_timestamp(), merged = NULL WHERE node = $1`;
