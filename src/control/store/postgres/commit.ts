// Commits a change, and finds out what became of it if the answer is lost: a change that is there
// must not be reported as refused, nor one as stored that a standby has not confirmed.

import { setTimeout as sleep } from "node:timers/promises";
import type { Pool, PoolClient, QueryConfig } from "pg";
import { CLUSTER_LIMITS } from "../../../base/cluster-limits.ts";
import { StoreError } from "../store.ts";
import type { PendingResult, Pipeline } from "./pipeline.ts";

export interface Committing {
  readonly client: PoolClient;
  /** The server's number of the transaction. */
  readonly xid: string;
  /** Asks for a row that it alone leaves; null: it leaves nothing. */
  readonly left: QueryConfig | null;
  readonly pool: Pool;
}

/**
 * With what was sent before and not answered yet. Throws what the server said if the change was
 * undone, and a StoreError if nobody knows.
 */
export async function commit(pipeline: Pipeline, committing: Committing): Promise<void> {
  const { client } = committing;
  let warning: string | null = null;
  const onNotice = ({ code, message }: Notice): void => {
    if (code === NOT_REPLICATED) warning = message ?? "";
  };
  client.on("notice", onNotice);
  try {
    const committed = pipeline.send({ text: "COMMIT" });
    try {
      await pipeline.settled();
    } catch (thrown) {
      if (await isUndone(committed)) throw thrown;
      // an answer that was given up may still arrive there
      client.end().catch(() => undefined);
      const status = await statusOf(committing);
      if (status === "committed") return;
      if (status === "aborted") throw thrown;
      throw unknown(thrown instanceof Error ? thrown.message : String(thrown));
    }
  } finally {
    client.off("notice", onNotice);
  }
  if (warning !== null) throw unknown(warning);
}

/** A server that has refused a statement says at the end that it has rolled back. */
async function isUndone(committed: PendingResult): Promise<boolean> {
  return await committed.then(
    ({ command }) => command === "ROLLBACK",
    () => false,
  );
}

interface Notice {
  readonly code: string | undefined;
  readonly message: string | undefined;
}

/** A server that waited for a standby was told to wait no longer, and reports success. */
const NOT_REPLICATED = "01000";

/**
 * Null: it is still under way, or the server cannot be asked, or has forgotten. A server that took
 * over, or lost power, gives the number of what it does not have to the next one that comes: so
 * what is said to be committed has to be there.
 */
async function statusOf({ xid, left, pool }: Committing): Promise<string | null> {
  for (let tries = 0; tries < CLUSTER_LIMITS.commitLooks; tries++) {
    try {
      const { rows } = await pool.query("SELECT pg_xact_status($1::text::xid8) AS status", [xid]);
      const status: unknown = rows[0]?.status;
      const isOther = status === "committed" && left !== null && !(await isThere(left, pool));
      if (isOther) return "aborted";
      if (status === "committed" || status === "aborted") return status;
    } catch {
      // it may come back
    }
    await sleep(CLUSTER_LIMITS.commitLookMs);
  }
  return null;
}

async function isThere(left: QueryConfig, pool: Pool): Promise<boolean> {
  return (await pool.query(left)).rows.length > 0;
}

const unknown = (reason: string): StoreError =>
  new StoreError(
    "unconfirmed",
    `The store did not confirm the change (${reason}): it may be stored or not; look before you ` +
      "repeat it",
  );
