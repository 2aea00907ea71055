// The rate limits of all tenants, by the tenants' identities: made when a script first names one,
// kept through deployments, gone with the tenant. Main thread alone; others get the memory.

import { agreeOn, type ClusterTerms, NO_CLUSTER } from "../wire/limits/cluster.ts";
import { LIMIT_NAMES_MAX } from "../wire/limits/layout.ts";
import { PREDECESSOR } from "./limit-holds.ts";
import { LimitMerge } from "./limit-merge.ts";
import type { LimitNews } from "./limit-notes.ts";
import { LimitTable, newKey } from "./limit-table.ts";

/** A tenant's, as another process takes them over. */
export interface LimitsOfTenant {
  readonly tenant: string;
  /** What clients' keys are hashed with. */
  readonly key: readonly [number, number];
  readonly news: LimitNews;
}

export class LimitTables {
  readonly #tables = new Map<string, LimitTable>();
  /** Of the tables that are to come: what clients' keys are hashed with. */
  #key = newKey();
  #isShared = false;
  #terms = NO_CLUSTER;

  /** The tenant's, made if there is none. */
  of(tenant: string): LimitTable {
    const known = this.#tables.get(tenant);
    if (known !== undefined) return known;
    const made = LimitTable.make(this.#key, this.#terms);
    this.#tables.set(tenant, made);
    return made;
  }

  /**
   * Before there are tables: limits are shared with other proxies, which hash keys alike.
   *
   * @param seed  that all of them have, 8 bytes
   */
  share(seed: Buffer): void {
    this.#key = [seed.readInt32LE(0), seed.readInt32LE(4)];
    this.#isShared = true;
  }

  /** What limits of all proxies go by. */
  get terms(): ClusterTerms {
    return this.#terms;
  }

  agree(terms: ClusterTerms): void {
    this.#terms = terms;
    for (const { memory } of this.#tables.values()) agreeOn(memory.cluster, terms);
  }

  all(): IterableIterator<[tenant: string, table: LimitTable]> {
    return this.#tables.entries();
  }

  /** What the keys of the tenant's clients are hashed with, if only in a table to come. */
  keyOf(tenant: string): readonly [number, number] {
    return this.#tables.get(tenant)?.key ?? this.#key;
  }

  /** Null: no script of the tenant's has named one. */
  get(tenant: string): LimitTable | null {
    return this.#tables.get(tenant) ?? null;
  }

  tenants(): Iterable<string> {
    return this.#tables.keys();
  }

  /** All that is counted now, for another process. */
  news(): LimitsOfTenant[] {
    return this.#told((table) => table.news());
  }

  /** What requests under way hold, for another process. */
  heldNews(): LimitsOfTenant[] {
    return this.#told((table) => table.heldNews());
  }

  #told(newsOf: (table: LimitTable) => LimitNews): LimitsOfTenant[] {
    return [...this.#tables].map(([tenant, table]) => {
      return { tenant, key: table.key, news: newsOf(table) };
    });
  }

  /**
   * What the process before this one counts: of each key the larger count goes on. What its
   * requests hold is what it told last.
   */
  takeOver(all: readonly LimitsOfTenant[]): void {
    for (const { tenant, key, news } of all) {
      // an earlier release hashed keys alike at no two proxies: these lead nowhere
      if (this.#isShared && key.join() !== this.#key.join()) continue;
      const table = this.#tables.get(tenant) ?? LimitTable.make(key, this.#terms);
      this.#tables.set(tenant, table);
      const merge = new LimitMerge(table, LIMIT_NAMES_MAX);
      merge.take(news);
      merge.setHolds(PREDECESSOR, news);
    }
  }

  /** What requests of the process before this one hold of a tenant's. Null: no such limit. */
  heldBefore(tenant: string): LimitNews | null {
    return this.#tables.get(tenant)?.heldBy(PREDECESSOR) ?? null;
  }

  /** Its requests are no more. */
  workerGone(worker: number): void {
    for (const { holds } of this.#tables.values()) holds.dropWorker(worker);
  }

  forget(tenant: string): void {
    this.#tables.delete(tenant);
  }
}

/** Whether the code may ask for limits: their memory is for scripts that do. */
export const namesRateLimits = (code: string): boolean => /\b(?:rateLimit|inflight)\b/.test(code);
