// Opens a store in PostgreSQL: it must be there, with the tables that this release knows.

import type { PostgresAddress } from "../../../base/config/postgres.ts";
import type { SecretKeys } from "../secret-keys.ts";
import { SqlStore } from "../sql-store.ts";
import type { OnAudit } from "../tables.ts";
import { end, openPool } from "./connect.ts";
import { PostgresEngine } from "./engine.ts";
import { toStoreError } from "./errors.ts";
import { expectFormat, FORMAT } from "./migrate.ts";

export interface PostgresOptions {
  readonly address: PostgresAddress;
  readonly keys: SecretKeys;
  readonly onAudit?: OnAudit;
}

/** Throws StoreError: one sentence that says what to do. */
export async function openPostgres(options: PostgresOptions): Promise<SqlStore> {
  const { address, keys, onAudit = () => {} } = options;
  const pool = await openPool(address);
  try {
    expectFormat((await pool.query(`SELECT ${FORMAT} FROM meta`)).rows[0]);
    return new SqlStore(new PostgresEngine({ pool, address, onAudit }), keys);
  } catch (thrown) {
    await end(pool);
    throw toStoreError(thrown, address) ?? thrown;
  }
}
