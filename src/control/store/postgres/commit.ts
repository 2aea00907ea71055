// Commits a change, and finds out what became of it if the answer is lost: a change that is there
// must not be reported as refused, nor one as stored that a standby has not confirmed.

import { setTimeout as sleep } from "node:timers/promises";
import type { Pool, PoolClient, QueryConfig } from "pg";
import { CLUSTER_LIMITS } from "../../../base/cluster-limits.ts";
import { StoreError } from "../store.ts";
import { isRefusal } from "./errors.ts";
import type { PendingResult, Pipeline } from "./pipeline.ts";

export interface Committing {
  readonly client: PoolClient;
  /** Ends that connection, and lets another one have its place. */
  readonly giveUp: () => void;
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
  const warning = await warningOf(committing.client, () => committed(pipeline, committing));
  if (warning !== null) throw unknown(warning);
}

async function committed(pipeline: Pipeline, committing: Committing): Promise<void> {
  const answer = pipeline.send({ text: "COMMIT" });
  try {
    await pipeline.settled();
  } catch (thrown) {
    if (await isUndone(answer)) throw thrown;
    // an answer may still arrive there; and whoever looks needs its place among the connections
    committing.giveUp();
    const status = await statusOf(committing);
    if (status === "committed") return;
    if (status === "aborted") throw thrown;
    throw unknown(status?.doubt ?? (thrown instanceof Error ? thrown.message : String(thrown)));
  }
}

/** A server that has refused a statement says at the end that it has rolled back. */
async function isUndone(committed: PendingResult): Promise<boolean> {
  return await committed.then(
    ({ command }) => command === "ROLLBACK",
    () => false,
  );
}

/** That the server gave up waiting for a standby; null: it did not. */
async function warningOf(client: PoolClient, work: () => Promise<unknown>): Promise<string | null> {
  let warning: string | null = null;
  const onNotice = ({ code, message }: Notice): void => {
    if (code === NOT_REPLICATED) warning = message ?? "";
  };
  client.on("notice", onNotice);
  try {
    await work();
  } finally {
    client.off("notice", onNotice);
  }
  return warning;
}

interface Notice {
  readonly code: string | undefined;
  readonly message: string | undefined;
}

/** A server that waited for a standby was told to wait no longer, and reports success. */
const NOT_REPLICATED = "01000";

/** In doubt: it is there, and may be lost with that server. */
type Status = "committed" | "aborted" | { readonly doubt: string };

/** Null: it is still under way, or the server cannot be asked, or has forgotten. */
async function statusOf({ xid, left, pool }: Committing): Promise<Status | null> {
  for (let tries = 0; tries < CLUSTER_LIMITS.commitLooks; tries++) {
    try {
      const status = await on(pool, (client) => statusBy(client, { xid, left }));
      if (status !== null) return status;
    } catch {
      // it may come back
    }
    await sleep(CLUSTER_LIMITS.commitLookMs);
  }
  return null;
}

/**
 * By one server: another one may not have it. A server that took over, or lost power, gives the
 * number of what it does not have to the next one that comes: so what is said to be committed has
 * to be there.
 */
async function statusBy(
  client: PoolClient,
  { xid, left }: Pick<Committing, "xid" | "left">,
): Promise<Status | null> {
  const asked = { text: "SELECT pg_xact_status($1::text::xid8) AS status", values: [xid] };
  const { status } = (await client.query<{ status: unknown }>(asked)).rows[0] ?? {};
  if (status === "aborted") return "aborted";
  if (status !== "committed") return null;
  const isThere = left === null || (await client.query(left)).rows.length > 0;
  if (!isThere) return "aborted";
  const doubt = await doubtOf(client);
  return doubt === null ? "committed" : { doubt: `it is there, and ${doubt}` };
}

/**
 * The server that lost the connection may not have waited for its standbys. It confirms commits in
 * their order: so one more is made, and waited for as for any other. It writes nothing but a note
 * in the log that standbys read. Null: it is confirmed. Throws where the line broke: that may be
 * tried again.
 */
async function doubtOf(client: PoolClient): Promise<string | null> {
  try {
    const warning = await warningOf(client, () => client.query(NOTE));
    return warning === null ? null : NO_STANDBY;
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
    if (thrown.message === TOO_LATE) return NO_STANDBY;
    if (!isRefusal(thrown)) throw thrown;
    return `whether a standby has it cannot be asked: ${thrown.message}`;
  }
}

const NOTE = "SELECT pg_logical_emit_message(true, 'sluice', '')";
const NO_STANDBY = "no standby has confirmed it";

/** The library's words: it has waited for as long as for any answer. */
const TOO_LATE = "Query read timeout";

/** On a connection that nobody uses afterwards: an answer may have been given up there. */
async function on<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    return await work(client);
  } finally {
    client.release(true);
  }
}

const unknown = (reason: string): StoreError =>
  new StoreError(
    "unconfirmed",
    `The store did not confirm the change (${reason}): it may be stored or not; look before you ` +
      "repeat it",
  );
