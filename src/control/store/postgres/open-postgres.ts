// Opens a store in PostgreSQL: it must be there, with the tables that this release knows.

import type { PostgresAddress } from "../../../base/config/postgres.ts";
import type { SecretKeys } from "../secret-keys.ts";
import { SqlStore } from "../sql-store.ts";
import type { OnAudit } from "../tables.ts";
import { openPool } from "./connect.ts";
import { PostgresEngine } from "./engine.ts";
import { toStoreError } from "./errors.ts";
import { expectFormat } from "./migrate.ts";

export interface PostgresOptions {
  readonly address: PostgresAddress;
  readonly keys: SecretKeys;
  readonly onAudit?: OnAudit;
  /** Told of a connection that broke while nobody used it. */
  readonly onLost?: (error: Error) => void;
}

/** Throws StoreError: one sentence that says what to do. */
export async function openPostgres(options: PostgresOptions): Promise<SqlStore> {
  const { address, keys, onAudit = () => {}, onLost = () => {} } = options;
  const pool = await openPool(address, onLost);
  try {
    await expectFormat(pool, address);
    return new SqlStore(new PostgresEngine({ pool, address, onAudit }), keys);
  } catch (thrown) {
    await pool.end();
    throw toStoreError(thrown, address) ?? thrown;
  }
}
