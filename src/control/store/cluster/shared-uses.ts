// What all proxies let through of a key of a rate limit in one window. Each tells how much that is
// at itself, and is told what it adds up to. A number only ever replaces a smaller one of the same
// proxy, in a row that is locked for it: so what is told twice counts once, and of two proxies one
// sees what the other has told.
//
//   shop~9f86  "10000 logins"  window 17e7  key 9007…  { "node A …": 61, "node B …": 12, "": -3 }
//
// What has no proxy's name makes the sum what an operator has set.

import type { Pool } from "pg";
import { CLUSTER_LIMITS } from "../../../base/cluster-limits.ts";
import type { PostgresAddress } from "../../../base/config/postgres.ts";
import { inTime } from "../postgres/connect.ts";
import { toStoreError } from "../postgres/errors.ts";
import type { Failures } from "./failures.ts";

/** What one proxy has let through. */
export interface SharedUse {
  readonly tenant: string;
  /** The limit, and how long its windows are. */
  readonly series: string;
  readonly windowMs: number;
  /** Of the window: `number * windowMs` is when it began, by the engine's clock. */
  readonly number: number;
  /** Of the key; below 2^53. */
  readonly key: number;
  readonly used: number;
}

export interface SharedTotals {
  /** In the order of what was told; null: the tenant is not stored, or just ends. */
  readonly totals: readonly (number | null)[];
  /** Proxies that live, with this one. */
  readonly nodes: number;
  /** By the engine's clock. */
  readonly atMs: number;
}

export interface SharedUsesOptions {
  readonly pool: Pool;
  readonly address: PostgresAddress;
  readonly identity: { readonly id: string };
  /** Told of answers that did not come, or were not what was expected. */
  readonly failures: Pick<Failures, "of">;
  /** Since when PostgreSQL has not answered; null: it does. */
  readonly lostAtMs: () => number | null;
}

export class SharedUses {
  readonly #options: SharedUsesOptions;

  constructor(options: SharedUsesOptions) {
    this.#options = options;
  }

  get lostAtMs(): number | null {
    return this.#options.lostAtMs();
  }

  /**
   * Null: PostgreSQL does not answer.
   *
   * @param run  this process, and whom it took over from: who counts anew is another one
   */
  async exchange(uses: readonly SharedUse[], run: string): Promise<SharedTotals | null> {
    const { pool, identity, failures } = this.#options;
    if (this.lostAtMs !== null) return null;
    const of = (column: (use: SharedUse) => string | number) => uses.map(column);
    const columns = [
      of(({ tenant }) => tenant),
      of(({ series }) => series),
      ...[of(({ windowMs }) => windowMs), of(({ number }) => number)],
      ...[of(({ key }) => key), of(({ used }) => used)],
    ];
    const { id } = identity;
    const values = [id, `${id} ${run}`, ...columns];
    const exchanged = pool.query<Answered>({ ...inTime(EXCHANGE), values });
    const answer = await failures.of("uses", exchanged).catch(() => null);
    return answer === null ? null : totalsOf(uses, answer.rows);
  }

  /**
   * Keys begin anew in the windows that are under way: each proxy goes on when it hears of it.
   * Rejects with a StoreError.
   */
  async reset({ tenant, series, key }: ResetUses): Promise<void> {
    const { pool, failures, address } = this.#options;
    try {
      const values = [tenant, series, key];
      await failures.of("reset", pool.query({ ...inTime(RESET), values }));
    } catch (thrown) {
      throw toStoreError(thrown, address) ?? thrown;
    }
  }

  /**
   * Takes back what this proxy told of keys for which it has no place any more: so the table grows
   * with what all have, not with what clients ever sent. Never rejects.
   */
  async withdraw(uses: readonly SharedUse[], run: string): Promise<void> {
    const { pool, identity, failures } = this.#options;
    if (this.lostAtMs !== null || uses.length === 0) return;
    const of = (column: (use: SharedUse) => string | number) => uses.map(column);
    const names = [of(({ tenant }) => tenant), of(({ series }) => series)];
    const numbers = [of(({ number }) => number), of(({ key }) => key)];
    const values = [`${identity.id} ${run}`, ...names, ...numbers];
    const withdrawn = pool.query({ ...inTime(WITHDRAW), values });
    await failures.of("withdrawn uses", withdrawn).catch(() => undefined);
  }

  /** Windows that nobody counts in any more. Never rejects. */
  async forget(): Promise<void> {
    const { pool, failures } = this.#options;
    const { usesKeptMs, usesForgotten } = CLUSTER_LIMITS;
    const statement = { ...inTime(FORGET), values: [usesKeptMs, usesForgotten] };
    try {
      for (let isAll = false; !isAll && this.lostAtMs === null; ) {
        const { rowCount } = await failures.of("old uses", pool.query(statement));
        isAll = rowCount !== usesForgotten;
      }
    } catch {
      // told of, and tried again
    }
  }
}

export interface ResetUses {
  readonly tenant: string;
  readonly series: string;
  /** Null: all of them. */
  readonly key: number | null;
}

interface Answered {
  readonly at_ms: string;
  readonly nodes: bigint;
  /** Null, with the rest: nothing was told. */
  readonly tenant: string | null;
  readonly series: string;
  readonly number: bigint;
  readonly key: bigint;
  readonly total: bigint;
}

function totalsOf(uses: readonly SharedUse[], rows: readonly Answered[]): SharedTotals | null {
  const [first] = rows;
  if (first === undefined) return null;
  const nameOf = (...parts: readonly (string | number | bigint)[]): string => parts.join(" ");
  const totals = new Map(
    rows.map(({ tenant, series, number, key, total }) => {
      return [nameOf(tenant ?? "", number, key, series), Number(total)];
    }),
  );
  return {
    totals: uses.map(({ tenant, series, number, key }) => {
      return totals.get(nameOf(tenant, number, key, series)) ?? null;
    }),
    nodes: Number(first.nodes),
    atMs: Number(first.at_ms),
  };
}

/**
 * Tenants that end at this moment are left out: waiting for them would hold up all others, and
 * their rows go in another order. One that is locked here first ends afterwards.
 */
const aliveOf = (ids: string): string => `
  alive AS MATERIALIZED (
    SELECT id FROM identities WHERE id = ANY(${ids}::text[]) FOR KEY SHARE SKIP LOCKED
  )`;

/** In the order of the key, so that no two proxies wait for each other. */
const EXCHANGE = `
  WITH ${aliveOf("$3")}, told AS (
    INSERT INTO shared_uses AS u (tenant, series, number, key, used, ends_at)
    SELECT t.tenant, t.series, t.number, t.key, jsonb_build_object($2::text, t.used),
      to_timestamp((t.number + 1) * t.window_ms / 1000.0)
    FROM unnest($3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])
      AS t (tenant, series, window_ms, number, key, used)
    JOIN alive ON alive.id = t.tenant
    ORDER BY t.tenant COLLATE "C", t.series COLLATE "C", t.number, t.key
    ON CONFLICT (tenant, series, number, key) DO UPDATE SET used = u.used || jsonb_build_object(
      $2::text, greatest((u.used ->> $2)::bigint, (excluded.used ->> $2)::bigint))
    RETURNING u.tenant, u.series, u.number, u.key,
      (SELECT sum(value::bigint) FROM jsonb_each_text(u.used))::bigint AS total
  )
  SELECT now.at_ms, now.nodes, told.*
  FROM (
    SELECT extract(epoch FROM clock_timestamp()) * 1000 AS at_ms,
      (SELECT count(*) FROM nodes WHERE until > clock_timestamp() AND id <> $1) + 1 AS nodes
  ) AS now LEFT JOIN told ON true`;

/** Locked in the order of the key, too. */
const RESET = `
  WITH ${aliveOf("ARRAY[$1::text]")}, held AS MATERIALIZED (
    SELECT s.tenant, s.series, s.number, s.key FROM shared_uses AS s
    JOIN alive ON alive.id = s.tenant
    WHERE s.series = $2 AND ($3::bigint IS NULL OR s.key = $3::bigint)
    ORDER BY s.tenant, s.series, s.number, s.key FOR UPDATE OF s
  )
  UPDATE shared_uses AS u SET used = u.used || jsonb_build_object('', (
    SELECT -coalesce(sum(value::bigint), 0) FROM jsonb_each_text(u.used - '')))
  FROM held AS h
  WHERE (u.tenant, u.series, u.number, u.key) = (h.tenant, h.series, h.number, h.key)`;

/** Not of a key that was reset: what was taken off the sum is no proxy's alone. */
const WITHDRAW = `
  WITH ${aliveOf("$2")}, held AS MATERIALIZED (
    SELECT u.tenant, u.series, u.number, u.key, u.used - $1::text AS others
    FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[])
      AS t (tenant, series, number, key)
    JOIN alive ON alive.id = t.tenant
    JOIN shared_uses AS u USING (tenant, series, number, key)
    WHERE u.used -> '' IS NULL
    ORDER BY u.tenant, u.series, u.number, u.key FOR UPDATE OF u
  ), ended AS (
    DELETE FROM shared_uses AS u USING held AS h
    WHERE (u.tenant, u.series, u.number, u.key) = (h.tenant, h.series, h.number, h.key)
      AND h.others = '{}'
  )
  UPDATE shared_uses AS u SET used = h.others FROM held AS h
  WHERE (u.tenant, u.series, u.number, u.key) = (h.tenant, h.series, h.number, h.key)
    AND h.others <> '{}'`;

/** What another proxy forgets at this moment is left to it. */
const FORGET = `
  DELETE FROM shared_uses WHERE (tenant, series, number, key) IN (
    SELECT tenant, series, number, key FROM shared_uses
    WHERE ends_at < clock_timestamp() - $1::bigint * interval '1 ms'
    LIMIT $2::bigint FOR UPDATE SKIP LOCKED)`;
