// What is new in PostgreSQL since a cursor: row by row what the feed names; or, when it does not
// reach back that far or the history is another one, every row whose seal differs.

import { inTime } from "../postgres/connect.ts";
import { expectFormat, FORMAT } from "../postgres/migrate.ts";
import type { Pipeline } from "../postgres/pipeline.ts";
import type { CopiedRow, Cursor, Place } from "../postgres/stored.ts";
import { TABLES, type TableName } from "../schema.ts";
import { keyPart } from "../sealed-table.ts";
import { type Columns, follow, type Steps, together } from "../steps.ts";
import { COPIED, type Copy, sealedTable } from "./copy.ts";

export interface News {
  readonly rows: readonly CopiedRow[];
  readonly to: Cursor;
  /** Everything was compared. */
  readonly isWhole: boolean;
}

/**
 * Of one moment, however many statements: as a rule they go there and back twice. Null: there is
 * nothing new.
 */
export async function newsSince(
  pipeline: Pipeline,
  copy: Pick<Copy, "seals">,
  from: Cursor | null,
): Promise<News | null> {
  pipeline.send(inTime("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  const newest = pipeline.send({ text: NEWEST });
  const since = from === null ? null : pipeline.send({ text: SINCE, values: [from.position] });
  await pipeline.settled();
  const to = toCursor((await newest).rows[0]);
  if (JSON.stringify(from) === JSON.stringify(to)) {
    // it has only read: nobody waits for its end
    pipeline.send(END);
    return null;
  }
  const named = from === null || since === null ? null : namedIn((await since).rows, from, to);
  const places = named ?? (await differing(pipeline, copy));
  return { rows: await rowsAt(pipeline, places), to, isWhole: named === null };
}

const END = { text: "COMMIT" };
const NEWEST = `
  SELECT ${FORMAT}, meta.position, coalesce(changes.nonce, '') AS nonce, revision.lineage
  FROM meta CROSS JOIN revision LEFT JOIN changes ON changes.position = meta.position`;
const SINCE = "SELECT nonce, places FROM changes WHERE position >= $1 ORDER BY position";

function toCursor(row: Columns | undefined): Cursor {
  expectFormat(row);
  const [nonce, lineage] = [String(row?.nonce), String(row?.lineage)];
  return { position: Number(row?.position), nonce, lineage };
}

/** Null: the feed does not tell. */
function namedIn(rows: readonly Columns[], from: Cursor, to: Cursor): readonly Place[] | null {
  if (from.lineage !== to.lineage || from.position > to.position) return null;
  // before the first change there is none that could have another nonce
  const since = from.position === 0 ? rows : rows.slice(1);
  const isSame = from.position === 0 || rows[0]?.nonce === from.nonce;
  if (!isSame || since.length !== to.position - from.position) return null;
  const all = since.flatMap((row): Place[] => JSON.parse(String(row.places)));
  // a newer release shares these tables, and has more of them
  const places = all.filter(([table]) => table in TABLES);
  return [...new Map(places.map((place) => [JSON.stringify(place), place])).values()];
}

async function differing(pipeline: Pipeline, copy: Pick<Copy, "seals">): Promise<Place[]> {
  const places: Place[] = [];
  for (const table of COPIED) {
    const ours = new Map(copy.seals(table));
    const seals = sealedTable(table).seals();
    for (const { key, seal } of await follow(seals, (asked) => pipeline.ask(asked))) {
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

/** Of all tables together: as a rule these are a few rows of each, and the last to be asked for. */
async function rowsAt(pipeline: Pipeline, places: readonly Place[]): Promise<CopiedRow[]> {
  const byTable = Map.groupBy(places, ([table]) => table);
  const wanted = COPIED.map((table) => {
    const [size, all] = [table === "bundles" ? BUNDLES : ROWS, byTable.get(table) ?? []];
    return { table, size, all, rows: [] as CopiedRow[] };
  });
  const rounds = Math.max(...wanted.map(({ all, size }) => Math.ceil(all.length / size)));
  if (rounds === 0) pipeline.send(END);
  for (let i = 0; i < rounds; i++) {
    const last = i === rounds - 1 ? END : null;
    const steps = together(
      wanted.map(({ table, size, all }) => some(table, all.slice(i * size, (i + 1) * size))),
    );
    const found = await follow(steps, (asked) => pipeline.ask(asked, { last }));
    for (const [n, { rows }] of wanted.entries()) rows.push(...(found[n] ?? []));
  }
  return wanted.flatMap(({ rows }) => rows);
}

function* some(table: TableName, places: readonly Place[]): Steps<CopiedRow[]> {
  if (places.length === 0) return [];
  const found = yield* sealedTable(table).raw(places.map(([, key]) => key));
  const nameOf = (columns: Columns): string =>
    JSON.stringify(TABLES[table].key.map((name) => keyPart(columns[name])));
  const byKey = new Map(found.map((columns) => [nameOf(columns), columns]));
  return places.map((place) => ({ place, columns: byKey.get(JSON.stringify(place[1])) ?? null }));
}
