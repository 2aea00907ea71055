// Statements on the table of nodes. All times are the engine's: clocks of proxies are never
// compared. Not a row that proxies copy, so none of these waits for a change, or holds one up.

import type { Pool } from "pg";
import { CLUSTER_LIMITS } from "../../../base/cluster-limits.ts";
import type { Node, NodeList, NodeReport } from "../../nodes.ts";
import { inTime } from "../postgres/connect.ts";
import { toEngine } from "../postgres/values.ts";
import { ask, type Steps } from "../steps.ts";
import { StoreError } from "../store.ts";
import { GUARDIAN } from "./tallies.ts";

export interface NodeSelf {
  readonly id: string;
  /** Of this process: whoever has the same id and another one is another process. */
  readonly boot: string;
  readonly name: string;
  readonly version: string;
}

/** As it reports: whether it is drained. Null: another process has its id. */
export async function renew(
  pool: Pool,
  self: NodeSelf,
  { report, isJoining }: { readonly report: NodeReport; readonly isJoining: boolean },
): Promise<{ readonly isDrained: boolean } | null> {
  const { id, boot, name, version } = self;
  const { revision, refusal, figures, address } = report;
  const reason = toEngine((refusal?.reason ?? "").slice(0, CLUSTER_LIMITS.refusalLength));
  const said = [revision, refusal?.revision ?? 0, reason, JSON.stringify(figures)];
  const values = [id, boot, name, version, ...said, CLUSTER_LIMITS.leaseMs, isJoining, address];
  const { rows } = await pool.query({ ...inTime(RENEW), values });
  // each that comes makes a row: where none says goodbye nobody else takes those of the dead away
  if (isJoining) await forget(pool);
  const [row] = rows;
  return row === undefined ? null : { isDrained: row.is_drained === "t" };
}

/** What is told again soon need not outlive a crash, and waits for no disk and no standby. */
const LIGHT = "CASE WHEN NOT $10::boolean THEN set_config('synchronous_commit', 'off', true) END";
const UNTIL = "clock_timestamp() + $9::int * interval '1 ms'";
const RENEW = `
  INSERT INTO nodes AS n (
    id, boot, name, version, revision, refused, refusal, figures, began_at, seen_at, until,
    address
  ) VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp(), clock_timestamp(), ${UNTIL}, $11
  )
  ON CONFLICT (id) DO UPDATE SET
    boot = excluded.boot, name = excluded.name, version = excluded.version,
    revision = excluded.revision, refused = excluded.refused, refusal = excluded.refusal,
    figures = excluded.figures, address = excluded.address,
    seen_at = excluded.seen_at, until = excluded.until,
    began_at = CASE WHEN n.boot = excluded.boot THEN n.began_at ELSE excluded.began_at END
  WHERE n.boot = excluded.boot OR $10::boolean
  RETURNING is_drained, ${LIGHT} AS light`;

/** Nobody waits for it any more. One that is drained stays so when it is started again. */
export async function leave(pool: Pool, { id, boot }: NodeSelf): Promise<void> {
  const isEnded = { ...inTime(END), values: [id, boot] };
  await pool.query(isEnded);
  await forget(pool);
}

/** Those that ended long ago, and did not say goodbye. */
async function forget(pool: Pool): Promise<void> {
  await pool.query({ ...inTime(FORGET), values: [CLUSTER_LIMITS.nodesKeptMs] });
}

const END = `
  WITH ended AS (DELETE FROM nodes WHERE id = $1 AND boot = $2 AND NOT is_drained)
  UPDATE nodes SET until = clock_timestamp() WHERE id = $1 AND boot = $2 AND is_drained`;
const FORGET = `
  DELETE FROM nodes WHERE until < clock_timestamp() - $1::bigint * interval '1 ms'`;

export async function listNodes(pool: Pool): Promise<Pick<NodeList, "nodes" | "newest">> {
  const { rows } = await pool.query({ ...inTime(LIST), values: [GUARDIAN] });
  const newest = Number(rows[0]?.newest ?? 0);
  return { nodes: rows.filter(({ id }) => id !== null).map(toNode), newest };
}

/** Those that are gone longest are left out of what nobody should have: more proxies than that. */
export const LIST = `
  SELECT n.*, revision.number AS newest, n.until > clock_timestamp() AS is_live,
    extract(epoch FROM began_at) * 1000 AS began_ms,
    greatest(0, extract(epoch FROM clock_timestamp() - seen_at) * 1000) AS silent_ms,
    EXISTS (
      SELECT 1 FROM leases
      WHERE leases.name = $1 AND holder = n.boot AND leases.until > clock_timestamp()
    ) AS is_guardian
  FROM revision LEFT JOIN (
    SELECT * FROM nodes ORDER BY until DESC LIMIT ${CLUSTER_LIMITS.nodes}
  ) AS n ON true
  ORDER BY n.name, n.id`;

type Values = Readonly<Record<string, string | bigint>>;

function toNode(row: Values): Node {
  const reason = String(row.refusal);
  return {
    id: String(row.id),
    name: String(row.name),
    version: String(row.version),
    revision: Number(row.revision),
    refusal: reason === "" ? null : { revision: Number(row.refused), reason },
    figures: JSON.parse(String(row.figures)),
    address: String(row.address),
    startedAtMs: Math.round(Number(row.began_ms)),
    silentMs: Math.round(Number(row.silent_ms)),
    isLive: row.is_live === "t",
    isDrained: row.is_drained === "t",
    isGuardian: row.is_guardian === "t",
  };
}

export function* setDrained(id: string, isDrained: boolean): Steps<void> {
  const parameters = [isDrained ? "t" : "f", id];
  const { rows } = yield* ask({ sql: DRAIN, parameters, changes: null });
  if (rows.length === 0) {
    throw new StoreError("not_found", `There is no node ${id}: sluice nodes lists them.`);
  }
}

const DRAIN = "UPDATE nodes SET is_drained = ?::text::boolean WHERE id = ? RETURNING id";
