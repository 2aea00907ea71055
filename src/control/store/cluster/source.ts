// What is new in PostgreSQL since a cursor: row by row what the feed names; or, when it does not
// reach back that far or the history is another one, every row whose seal differs.

import type { PoolClient } from "pg";
import { answer } from "../postgres/answer.ts";
import { expectFormat, FORMAT } from "../postgres/migrate.ts";
import type { Place } from "../postgres/places.ts";
import { TABLES, type TableName } from "../schema.ts";
import { keyPart } from "../sealed-table.ts";
import { follow, type Steps } from "../steps.ts";
import { COPIED, type CopiedRow, type Copy, type Cursor, sealedTable } from "./copy.ts";

export interface News {
  readonly rows: readonly CopiedRow[];
  readonly to: Cursor;
  /** Everything was compared. */
  readonly isWhole: boolean;
}

/** In a transaction of one moment. Null: there is nothing new. */
export async function newsSince(
  client: PoolClient,
  copy: Pick<Copy, "seals">,
  from: Cursor | null,
): Promise<News | null> {
  const to = await newest(client);
  if (from !== null && JSON.stringify(from) === JSON.stringify(to)) return null;
  const named = from === null ? null : await namedSince(client, from, to);
  const places = named ?? (await differing(client, copy));
  return { rows: await rowsAt(client, places), to, isWhole: named === null };
}

const NEWEST = `
  SELECT ${FORMAT}, meta.position, coalesce(changes.nonce, '') AS nonce, revision.lineage
  FROM meta CROSS JOIN revision LEFT JOIN changes ON changes.position = meta.position`;

async function newest(client: PoolClient): Promise<Cursor> {
  const [row] = (await client.query(NEWEST)).rows;
  expectFormat(row);
  return { position: Number(row.position), nonce: row.nonce, lineage: row.lineage };
}

/** Null: the feed does not tell. */
async function namedSince(
  client: PoolClient,
  from: Cursor,
  to: Cursor,
): Promise<readonly Place[] | null> {
  if (from.lineage !== to.lineage || from.position > to.position) return null;
  const sql = "SELECT nonce, places FROM changes WHERE position >= $1 ORDER BY position";
  const { rows } = await client.query<{ nonce: string; places: string }>(sql, [from.position]);
  // before the first change there is none that could have another nonce
  const since = from.position === 0 ? rows : rows.slice(1);
  const isSame = from.position === 0 || rows[0]?.nonce === from.nonce;
  if (!isSame || since.length !== to.position - from.position) return null;
  const all = since.flatMap((row): Place[] => JSON.parse(row.places));
  // a newer release shares these tables, and has more of them
  const places = all.filter(([table]) => table in TABLES);
  return [...new Map(places.map((place) => [JSON.stringify(place), place])).values()];
}

async function differing(client: PoolClient, copy: Pick<Copy, "seals">): Promise<Place[]> {
  const places: Place[] = [];
  for (const table of COPIED) {
    const ours = new Map(copy.seals(table));
    for (const { key, seal } of await run(client, sealedTable(table).seals())) {
      const name = JSON.stringify(key);
      if (ours.get(name) !== seal) places.push([table, key]);
      ours.delete(name);
    }
    for (const name of ours.keys()) places.push([table, JSON.parse(name)]);
  }
  return places;
}

/** How many rows are asked for at once: a bundle may have 12 MB, all others are small. */
const ROWS = 200;
const BUNDLES = 4;

async function rowsAt(client: PoolClient, places: readonly Place[]): Promise<CopiedRow[]> {
  const rows: CopiedRow[] = [];
  const byTable = Map.groupBy(places, ([table]) => table);
  for (const table of COPIED) {
    const wanted = byTable.get(table) ?? [];
    const size = table === "bundles" ? BUNDLES : ROWS;
    for (let i = 0; i < wanted.length; i += size) {
      rows.push(...(await some(client, table, wanted.slice(i, i + size))));
    }
  }
  return rows;
}

async function some(
  client: PoolClient,
  table: TableName,
  places: readonly Place[],
): Promise<CopiedRow[]> {
  const keys = places.map(([, key]) => key);
  const found = await run(client, sealedTable(table).raw(keys));
  const nameOf = (columns: (typeof found)[number]) =>
    JSON.stringify(TABLES[table].key.map((name) => keyPart(columns[name])));
  const byKey = new Map(found.map((columns) => [nameOf(columns), columns]));
  return places.map((place) => ({ place, columns: byKey.get(JSON.stringify(place[1])) ?? null }));
}

const run = <T>(client: PoolClient, steps: Steps<T>): Promise<T> =>
  follow(steps, (statement) => answer(client, statement));
