// PostgreSQL as an engine. A change locks the one row of `meta` first, so changes come one after
// the other, as they do in SQLite, and what a change has read holds until it commits. Its last
// statement makes it the next position, under which proxies find which rows it changed.

import type { Pool, PoolClient } from "pg";
import type { PostgresAddress } from "../../../base/config/postgres.ts";
import { type Change, type Engine, follow, type Steps } from "../steps.ts";
import { StoreError } from "../store.ts";
import type { OnAudit } from "../tables.ts";
import { answer } from "./answer.ts";
import { commit } from "./commit.ts";
import { end, inTime } from "./connect.ts";
import { toStoreError } from "./errors.ts";
import { expectFormat, FORMAT } from "./migrate.ts";
import { Places } from "./places.ts";

export interface PostgresEngineOptions {
  readonly pool: Pool;
  readonly address: PostgresAddress;
  readonly onAudit: OnAudit;
}

export class PostgresEngine implements Engine {
  readonly #options: PostgresEngineOptions;

  constructor(options: PostgresEngineOptions) {
    this.#options = options;
  }

  read<T>(steps: Steps<T>): Promise<T> {
    return this.#with(async (client) => {
      await client.query(inTime("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
      const made = await follow(steps, (statement) => answer(client, statement));
      await client.query("COMMIT");
      return made;
    });
  }

  readLog<T>(steps: Steps<T>): Promise<T> {
    return this.read(steps);
  }

  async write<T>({ audit, steps, own }: Change<T>): Promise<T> {
    const made = await this.#change(steps);
    if (own !== undefined) await this.#change(own);
    for (const entry of audit) this.#options.onAudit(entry);
    return made;
  }

  writeLightly(steps: Steps<void>): Promise<void> {
    return this.#change(steps);
  }

  close(): Promise<void> {
    return end(this.#options.pool);
  }

  #change<T>(steps: Steps<T>): Promise<T> {
    return this.#with(async (client) => {
      await client.query(inTime("BEGIN"));
      const [meta] = (await client.query(LOCK)).rows;
      // it may have been migrated since: what only a newer release knows must not be written here
      expectFormat(meta);
      const places = new Places();
      const made = await follow(steps, async (statement) => {
        const answered = await answer(client, statement);
        if (statement.changes !== null) places.add(statement.changes, answered.rows);
        return answered;
      });
      await places.advance(client, meta.position + 1n);
      await commit(client, { xid: meta.xid, pool: this.#options.pool });
      return made;
    });
  }

  async #with<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const { pool, address } = this.#options;
    try {
      const client = await pool.connect();
      try {
        const made = await work(client);
        client.release();
        return made;
      } catch (thrown) {
        client.release(!(await isRolledBack(client, thrown)));
        throw thrown;
      }
    } catch (thrown) {
      throw toStoreError(thrown, address) ?? thrown;
    }
  }
}

const LOCK = `
  SELECT position, pg_current_xact_id()::text AS xid, ${FORMAT} FROM meta FOR UPDATE`;

/** False: nobody knows how that connection stands, and it is used no more. */
async function isRolledBack(client: PoolClient, thrown: unknown): Promise<boolean> {
  const isAnswer = thrown instanceof Error && "severity" in thrown;
  if (!isAnswer && !(thrown instanceof StoreError)) return false;
  try {
    await client.query("ROLLBACK");
    return true;
  } catch {
    return false;
  }
}
