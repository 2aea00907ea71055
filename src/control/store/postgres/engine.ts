// PostgreSQL as an engine. A change locks the one row of `meta` first, so changes come one after
// the other, as they do in SQLite, and what a change has read holds until it commits. Its last
// statement makes it the next position, under which proxies find which rows it changed. What it
// asks first leaves with the lock, and what it writes last with the commit.

import type { Pool, PoolClient } from "pg";
import { CLUSTER_LIMITS } from "../../../base/cluster-limits.ts";
import type { PostgresAddress } from "../../../base/config/postgres.ts";
import { Semaphore } from "../../../base/semaphore.ts";
import {
  type Change,
  type Columns,
  type Engine,
  follow,
  type Statement,
  type Steps,
} from "../steps.ts";
import { StoreError } from "../store.ts";
import type { OnAudit } from "../tables.ts";
import { commit } from "./commit.ts";
import { end, inTime } from "./connect.ts";
import { NoneFree, toStoreError } from "./errors.ts";
import { expectFormat, FORMAT } from "./migrate.ts";
import { Pipeline } from "./pipeline.ts";
import { Places } from "./places.ts";
import type { Cursor, Stored } from "./stored.ts";
import { toNumbered } from "./values.ts";

export interface Made<T> {
  readonly made: T;
  /** Null: it is to be read. */
  readonly stored: Stored | null;
}

export interface PostgresEngineOptions {
  readonly pool: Pool;
  readonly address: PostgresAddress;
  readonly onAudit: OnAudit;
}

export class PostgresEngine implements Engine {
  readonly #options: PostgresEngineOptions;
  /** What the proxy asks for by itself, whether it lives included, waits for no caller. */
  readonly #callers = new Semaphore(CLUSTER_LIMITS.connections - 1);

  constructor(options: PostgresEngineOptions) {
    this.#options = options;
  }

  async nowMs(): Promise<number> {
    return await this.#with(async (client) => {
      const { rows } = await client.query(inTime(NOW));
      return Number(rows[0]?.ms);
    });
  }

  read<T>(steps: Steps<T>): Promise<T> {
    return this.#with(async (client) => {
      using pipeline = new Pipeline(client);
      pipeline.send(inTime("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
      const made = await follow(steps, (statements) => pipeline.ask(statements));
      // it has only read: nobody waits for its end
      pipeline.send({ text: "COMMIT" });
      return made;
    });
  }

  readLog<T>(steps: Steps<T>): Promise<T> {
    return this.read(steps);
  }

  async write<T>(change: Change<T>): Promise<T> {
    return (await this.store(change)).made;
  }

  /** As `write`; with what it has stored, if all of that is known here. */
  async store<T>({ audit, steps, own }: Change<T>): Promise<Made<T>> {
    const made = await this.#change(steps);
    if (own !== undefined) await this.#change(own);
    for (const entry of audit) this.#options.onAudit(entry);
    return made;
  }

  async writeLightly(steps: Steps<void>): Promise<void> {
    await this.#change(steps);
  }

  close(): Promise<void> {
    return end(this.#options.pool);
  }

  #change<T>(steps: Steps<T>): Promise<Made<T>> {
    return this.#with(async (client, giveUp) => {
      using pipeline = new Pipeline(client);
      pipeline.send(inTime("BEGIN"));
      const locked = pipeline.send({ text: LOCK });
      const meta = locked.then(
        ({ rows }) => rows[0],
        () => undefined,
      );
      const places = new Places();
      const noting = { onSent: places.note.bind(places) };
      const made = await follow(steps, async (asked) => {
        // where the server did not begin, each statement would be a change of its own
        if (!pipeline.hasWaited && asked.some(isChange)) await pipeline.settled();
        return await pipeline.ask(asked, noting);
      }).catch(async (thrown) => {
        await pipeline.settled();
        const found = await meta;
        // the reason may be that it has been migrated since
        if (found !== undefined) expectFormat(found);
        throw thrown;
      });
      if (places.isOpen || !pipeline.hasWaited) await pipeline.settled();
      const { from, xid } = beganAt(await meta);
      const advance = places.advance(from);
      if (advance !== null) pipeline.send(advance);
      const { pool } = this.#options;
      await commit(pipeline, { client, giveUp, xid, left: places.left(from), pool });
      return { made, stored: places.stored(from) };
    });
  }

  /** So many connections for callers, and no more: one that is given up has been given back. */
  async #with<T>(work: (client: PoolClient, giveUp: () => void) => Promise<T>): Promise<T> {
    const { pool, address } = this.#options;
    try {
      using taken = await this.#callers.take(CLUSTER_LIMITS.connectMs);
      if (taken === null) throw new NoneFree();
      const client = await pool.connect();
      let isLent = true;
      const giveBack = (isBroken: boolean): void => {
        if (isLent) client.release(isBroken);
        isLent = false;
      };
      try {
        const made = await work(client, () => giveBack(true));
        giveBack(false);
        return made;
      } catch (thrown) {
        giveBack(!(await isRolledBack(client, thrown)));
        throw thrown;
      }
    } catch (thrown) {
      throw toStoreError(thrown, address) ?? thrown;
    }
  }
}

/** Who waits for the lock may not see the last nonce: then what is stored is read again. */
const LOCK = `
  SELECT position, pg_current_xact_id()::text AS xid, ${FORMAT},
    (SELECT nonce FROM changes WHERE changes.position = meta.position) AS nonce,
    (SELECT lineage FROM revision) AS lineage
  FROM meta FOR UPDATE`;

/** What only a newer release knows must not be written here. */
function beganAt(meta: Columns | undefined): { readonly from: Cursor; readonly xid: string } {
  expectFormat(meta);
  const [nonce, lineage] = [String(meta?.nonce ?? ""), String(meta?.lineage)];
  return { from: { position: Number(meta?.position), nonce, lineage }, xid: String(meta?.xid) };
}

const isChange = ({ changes }: Statement): boolean => changes !== null;

const NOW = toNumbered("SELECT now_ms() AS ms");

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
