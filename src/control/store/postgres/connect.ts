// Connections to PostgreSQL: with which the library is loaded, and it is loaded for nobody else.

import { readFileSync } from "node:fs";
import { type ConnectionOptions, createSecureContext } from "node:tls";
import type { ClientConfig, Pool } from "pg";
import { CLUSTER_LIMITS } from "../../../base/cluster-limits.ts";
import type { PostgresAddress } from "../../../base/config/postgres.ts";
import { within } from "../../../base/within.ts";
import { StoreError } from "../store-error.ts";
import { SCHEMA } from "./schema.ts";
import { VALUE_TYPES } from "./values.ts";

/** None is made until somebody needs it. One that broke is found out by whoever needs it next. */
export async function openPool(address: PostgresAddress): Promise<Pool> {
  const { Pool } = await import("pg");
  const { LineClient } = await import("./line-client.ts");
  const pool = new Pool({
    ...clientConfig(address),
    Client: LineClient,
    max: CLUSTER_LIMITS.connections,
    idleTimeoutMillis: CLUSTER_LIMITS.idleMs,
    allowExitOnIdle: true,
  });
  pool.on("error", ignore);
  pool.on("connect", (client) => {
    // one that breaks while it is lent says so twice: here, where nobody listening would end us
    client.on("error", ignore);
    // nobody waits for it
    client.query(NO_JIT).catch(ignore);
  });
  return pool;
}

const ignore = (): void => {};

/**
 * Compiling takes longer than any of our statements, whatever the planner believes of tables. No
 * option of the start: a pooler refuses those that it does not know.
 */
const NO_JIT = "SET jit = off";

export const clientConfig = (address: PostgresAddress): ClientConfig => ({
  host: address.host,
  port: address.port,
  database: address.database,
  user: address.user,
  ...(address.password === null ? {} : { password: address.password }),
  ssl: tlsOf(address),
  application_name: "sluice",
  options: `-c search_path=${SCHEMA}`,
  types: VALUE_TYPES,
  // statements do not wait for the answers of those before
  pipeline: true,
  keepAlive: true,
  connectionTimeoutMillis: CLUSTER_LIMITS.connectMs,
  // a server that was stopped says nothing: the client's own clock ends the wait
  query_timeout: CLUSTER_LIMITS.queryMs,
  statement_timeout: CLUSTER_LIMITS.queryMs,
  lock_timeout: CLUSTER_LIMITS.lockMs,
  idle_in_transaction_session_timeout: CLUSTER_LIMITS.idleInTransactionMs,
});

/** What must be answered at once, or it is as if nobody were there. */
export const inTime = (text: string) => ({ text, query_timeout: CLUSTER_LIMITS.heartbeatMs });

/** A goodbye is not waited for where nobody may answer it, or nobody ever answered. */
export async function end(connections: Pick<Pool, "end">): Promise<void> {
  await within(
    CLUSTER_LIMITS.goodbyeMs,
    connections.end().catch(() => undefined),
  );
}

/** As libpq: `require` believes any server, unless it was told whose certificates to believe. */
function tlsOf(address: PostgresAddress): false | ConnectionOptions {
  const { sslMode, ssl } = address;
  if (sslMode === "disable") return false;
  const files = filesOf(address);
  // `pg` has the host looked for in the certificate: an address must not be asked for by SNI
  if (sslMode === "verify-full") return { ...files };
  const isVerified = sslMode === "verify-ca" || ssl.ca !== null;
  return { ...files, rejectUnauthorized: isVerified, checkServerIdentity: () => undefined };
}

/** Throws StoreError: nothing can be made of them, and no other try will be better. */
function filesOf({ shown, ssl }: PostgresAddress): ConnectionOptions {
  try {
    const read = (path: string | null) => (path === null ? undefined : readFileSync(path, "utf8"));
    const texts = { ca: read(ssl.ca), cert: read(ssl.cert), key: read(ssl.key) };
    const files = Object.fromEntries(
      Object.entries(texts).filter(([, text]) => text !== undefined),
    );
    createSecureContext(files);
    return files;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const text = `expected sslrootcert, and sslcert with its sslkey, got: ${reason}`;
    throw new StoreError("unavailable", `Cannot use the store ${shown}: ${text}`, { cause });
  }
}
