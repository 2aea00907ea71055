// What all proxies count together. Each tells PostgreSQL how far it has counted by itself, in a row
// of its own, and reads what the others' rows add up to: a number that is told twice, late or again
// after a restart is still the same number, so nothing is counted twice. Not a row that proxies
// copy: nobody waits for a change because of these, or is woken by them.
//
//   shop~9f86  hits  node A  1204     this proxy's own, replaced by each later one
//   shop~9f86  hits  node B   377     what the others have: 377 - 81
//   shop~9f86  hits           -81     what makes the sum what an operator has set
//   shop~9f86  hits       *  9000     what proxies had that are gone for long (gone-counts.ts)

import type { Pool } from "pg";
import { CLUSTER_LIMITS } from "../../../base/cluster-limits.ts";
import { inTime } from "../postgres/connect.ts";
import type { CounterSnapshot } from "../records.ts";
import type { Failures } from "./failures.ts";
import { enterCounting, mergeGone } from "./gone-counts.ts";
import type { NodeIdentity } from "./node-identity.ts";
import { countOf } from "./put-shared-count.ts";

export interface SharedCountsOptions {
  readonly pool: Pool;
  readonly identity: Pick<NodeIdentity, "id" | "isTaken" | "countedId" | "countAs">;
  /** Told of answers that did not come, or were not what was expected. */
  readonly failures: Pick<Failures, "of" | "add">;
  /** Since when PostgreSQL has not answered; null: it does. */
  readonly lostAtMs: () => number | null;
}

const keyOf = ({ tenant, name }: Pick<CounterSnapshot, "tenant" | "name">): string =>
  `${tenant}\0${name}`;

export class SharedCounts {
  readonly #options: SharedCountsOptions;
  /** As PostgreSQL has them of this proxy. */
  readonly #told = new Map<string, bigint>();
  /** Under which they are there. */
  #id: string;
  /** Of the last row that was told; null: this process has told none. */
  #sequence: bigint | null = null;
  #agreedAtMs = performance.now();
  /** When it looked last for those that are gone. */
  #lookedMs = Number.NEGATIVE_INFINITY;

  constructor(options: SharedCountsOptions) {
    this.#options = options;
    this.#id = options.identity.countedId;
  }

  /** For how long what is counted here has not been told, or what others count not been read. */
  get lagMs(): number {
    return performance.now() - this.#agreedAtMs;
  }

  /** Another process may have told something under this id since. */
  begin(): void {
    this.#told.clear();
    this.#sequence = null;
  }

  /** The id under which it told is another proxy's, and it has no new one yet. */
  get isTaken(): boolean {
    return this.#options.identity.isTaken;
  }

  /**
   * Null: this proxy has the one under which it told last. What it had told stays under that one,
   * which another proxy has now, and it counts from 0.
   */
  get newId(): string | null {
    const { id } = this.#options.identity;
    return id === this.#id ? null : id;
  }

  /**
   * Once its store has nothing any more of what was told under another one. False: it cannot be
   * written, and it still has the other.
   */
  takeNewId(id: string): boolean {
    const { identity, failures } = this.#options;
    try {
      identity.countAs(id);
    } catch (thrown) {
      failures.add("new id", thrown);
      return false;
    }
    this.#id = id;
    this.begin();
    return true;
  }

  /** What this proxy has told before, for one whose copy is gone. Null: PostgreSQL does not say. */
  async own(): Promise<readonly CounterSnapshot[] | null> {
    return await this.#answered("own", async () => {
      const { pool } = this.#options;
      await enterCounting(pool, this.#id);
      const values = [this.#id];
      const { rows } = await pool.query<CounterSnapshot>({ ...inTime(OWN), values });
      return rows;
    });
  }

  /**
   * Tells what this proxy has counted, as its store has it: a process that is killed begins there.
   * What all others have, of the same names; null: PostgreSQL does not answer.
   */
  async exchange(own: readonly CounterSnapshot[]): Promise<readonly CounterSnapshot[] | null> {
    const beganMs = performance.now();
    const others =
      own.length === 0 ? [] : await this.#answered("counts", () => this.#exchange(own));
    if (others !== null) this.#agreedAtMs = beganMs;
    return others;
  }

  /** Null: it was merged once more as it came back, which takes a day. */
  async #exchange(own: readonly CounterSnapshot[]): Promise<CounterSnapshot[] | null> {
    const sums = await this.#exchangeAll(own);
    if (sums !== null) return sums;
    this.begin();
    return await this.#exchangeAll(own);
  }

  /** Null: it was gone for long, and is merged: what the others have would have its own in it. */
  async #exchangeAll(own: readonly CounterSnapshot[]): Promise<CounterSnapshot[] | null> {
    const { pool } = this.#options;
    await this.#look();
    if (this.#sequence === null) {
      const { rows } = await pool.query({ ...inTime(NEWEST), values: [this.#id] });
      this.#sequence = rows[0]?.newest ?? 0n;
    }
    this.#forgetOthers(own);
    const sums: Answered[] = [];
    let isLost = false;
    for (let i = 0; i < own.length; i += CLUSTER_LIMITS.countsAtOnce) {
      const some = await this.#exchangeSome(own.slice(i, i + CLUSTER_LIMITS.countsAtOnce));
      if (some.rows.some(({ counting }) => counting === "f")) return null;
      sums.push(...some.rows);
      isLost ||= some.isLost;
    }
    if (isLost) this.begin();
    return sums;
  }

  /** Says now and then that it counts; what others told that do not any more is merged. */
  async #look(): Promise<void> {
    const nowMs = performance.now();
    const isDue = nowMs - this.#lookedMs >= CLUSTER_LIMITS.goneCountsLookMs;
    const { pool, failures } = this.#options;
    if (isDue || this.#sequence === null) await enterCounting(pool, this.#id);
    if (!isDue) return;
    this.#lookedMs = nowMs;
    // what fails is tried again the next time, and nobody counts less for it
    await failures.of("gone counts", mergeGone(pool, this.#id)).catch(() => undefined);
  }

  /** Names that nobody has here any more: those of tenants that are gone, and of idle counters. */
  #forgetOthers(own: readonly CounterSnapshot[]): void {
    const names = new Set(own.map(keyOf));
    for (const name of this.#told.keys()) if (!names.has(name)) this.#told.delete(name);
  }

  async #exchangeSome(own: readonly CounterSnapshot[]) {
    const fresh = own.filter((one) => this.#told.get(keyOf(one)) !== one.value);
    this.#sequence = (this.#sequence ?? 0n) + 1n;
    const told = [
      fresh.map(({ tenant }) => tenant),
      fresh.map(({ name }) => name),
      fresh.map(({ value }) => String(value)),
    ];
    const asked = [own.map(({ tenant }) => tenant), own.map(({ name }) => name)];
    const values = [this.#id, ...told, String(this.#sequence), ...asked];
    const statement = { ...inTime(EXCHANGE), values };
    const { rows } = await this.#options.pool.query<Answered>(statement);
    // a failover or a restore may have lost what was told
    const isLost = rows.some((row) => {
      const told = this.#told.get(keyOf(row));
      return row.known === "t" && told !== undefined && told !== (row.own ?? 0n);
    });
    const known = new Set(rows.filter(({ known }) => known === "t").map(keyOf));
    for (const one of fresh) if (known.has(keyOf(one))) this.#told.set(keyOf(one), one.value);
    return { rows, isLost };
  }

  async #answered<T>(question: string, work: () => Promise<T>): Promise<T | null> {
    const { failures, lostAtMs } = this.#options;
    if (lostAtMs() !== null) return null;
    return await failures.of(question, work()).catch(() => null);
  }
}

interface Answered extends CounterSnapshot {
  /** Whether this proxy is one that counts, and nothing of it is merged. */
  readonly counting: "t" | "f";
  /** Whether the tenant is stored, and what was told of it. */
  readonly known: "t" | "f";
  /** What was told before; null: nothing was, or nothing that counts. */
  readonly own: bigint | null;
}

const OWN = "SELECT tenant, name, value FROM shared_counts WHERE node = $1";

/** Far beyond what a process that was killed may still have under way. */
const NEWEST = `
  SELECT coalesce(max(sequence), 0)::bigint + 1000 AS newest FROM shared_counts WHERE node = $1`;

/**
 * Nothing of a proxy that is merged, or becomes so at this moment. In the order of the key, so that
 * no two proxies wait for each other; and nobody for a tenant that ends at this moment. A name that
 * counts nothing makes no row. A sum that no number holds is one tenant's, and must not fail those
 * of all.
 */
const EXCHANGE = `
  WITH me AS MATERIALIZED (
    SELECT node FROM counting WHERE node = $1 AND merged IS NULL FOR SHARE
  ), alive AS MATERIALIZED (
    SELECT id FROM identities WHERE id = ANY($2::text[]) FOR KEY SHARE SKIP LOCKED
  ), asked AS MATERIALIZED (
    SELECT a.tenant, a.name, i.id IS NOT NULL AS known,
      coalesce(sum(s.value) FILTER (WHERE s.node <> $1), 0) AS others,
      max(s.value) FILTER (WHERE s.node = $1) AS own
    FROM unnest($6::text[], $7::text[]) AS a (tenant, name)
    LEFT JOIN identities AS i ON i.id = a.tenant
    LEFT JOIN shared_counts AS s ON s.tenant = a.tenant AND s.name = a.name
    GROUP BY a.tenant, a.name, i.id
  ), told AS (
    INSERT INTO shared_counts AS s (tenant, name, node, value, sequence)
    SELECT t.tenant, t.name, me.node, t.value, $5::bigint
    FROM me CROSS JOIN unnest($2::text[], $3::text[], $4::bigint[]) AS t (tenant, name, value)
    JOIN alive ON alive.id = t.tenant
    JOIN asked AS a ON a.tenant = t.tenant AND a.name = t.name
    WHERE t.value <> 0 OR a.own IS NOT NULL
    ORDER BY t.tenant, t.name
    ON CONFLICT (tenant, name, node) DO UPDATE
      SET value = excluded.value, sequence = excluded.sequence
      WHERE s.sequence < excluded.sequence
  )
  SELECT tenant, name, known, own, ${countOf("others")} AS value,
    EXISTS (SELECT 1 FROM me) AS counting
  FROM asked`;
