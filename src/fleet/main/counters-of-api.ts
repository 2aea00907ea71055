// The counters of all tenants for the admin API: read from shared memory, set where they are
// counted, and those of all proxies in PostgreSQL.

import type { CountersAccess } from "../../control/counters-access.ts";
import { putSharedCount } from "../../control/store/cluster/put-shared-count.ts";
import type { CounterSnapshot } from "../../control/store/records.ts";
import type { SqlStore } from "../../control/store/sql-store.ts";
import type { AuditEntry } from "../../control/store/store.ts";
import type { CounterName } from "../../state/counter-slots.ts";
import type { CounterTable, CounterValue } from "../../state/counters.ts";
import { othersName, ownName, scopedName } from "../../wire/scopes.ts";
import type { ClusterCounts } from "./cluster-counts.ts";
import type { CounterSaver } from "./counter-saver.ts";

export interface CountersOfApiOptions {
  readonly counters: CounterTable;
  readonly saver: Pick<CounterSaver, "put">;
  readonly store: Pick<SqlStore, "changeShared"> | null;
  /** Null: a counter of all proxies is one of this proxy. */
  readonly cluster: Pick<ClusterCounts, "exchange"> | null;
  /** From this value on, wherever it is counted. */
  readonly count: (counter: CounterValue) => Promise<void>;
}

export class CountersOfApi implements Omit<CountersAccess, "forget"> {
  readonly #options: CountersOfApiOptions;

  constructor(options: CountersOfApiOptions) {
    this.#options = options;
  }

  readonly of: CountersAccess["of"] = (id) => {
    const sums = new Map<string, ReturnType<CountersAccess["of"]>[number]>();
    for (const { tenant, name: kept, value } of this.#options.counters.list()) {
      if (tenant !== id) continue;
      const { name, scope } = scopedName(kept);
      const key = `${scope} ${name}`;
      sums.set(key, { tenant, name, scope, value: value + (sums.get(key)?.value ?? 0n) });
    }
    return [...sums.values()];
  };

  readonly set: CountersAccess["set"] = async (counter, audit) => {
    if (this.#isOfAll(counter)) {
      await this.#setEverywhere(counter, audit);
      return true;
    }
    return await this.#set(counter, audit);
  };

  readonly delete: CountersAccess["delete"] = async (counter, audit) => {
    const { counters, saver, count } = this.#options;
    const nothing = { ...counter, value: 0n };
    if (this.#isOfAll(counter)) {
      await this.#setEverywhere(nothing, audit);
      return true;
    }
    if (!counters.has(counter)) return false;
    await saver.put(nothing, audit, async () => {
      await count(nothing);
      counters.drop(nothing);
    });
    return true;
  };

  /** This proxy may have counted nothing of it yet. */
  #isOfAll({ tenant, name }: CounterName): boolean {
    const { counters } = this.#options;
    const names = [ownName(name), othersName(name)];
    return names.some((kept) => counters.has({ tenant, name: kept }));
  }

  async #setEverywhere(counter: CounterSnapshot, audit: AuditEntry): Promise<void> {
    const { cluster, store } = this.#options;
    if (cluster === null || store === null) {
      await this.#set({ ...counter, name: ownName(counter.name) }, audit);
      return;
    }
    // what is counted here until now is what is set; afterwards it is known here at once
    await cluster.exchange();
    await store.changeShared(audit, () => putSharedCount(counter));
    await cluster.exchange();
  }

  async #set(counter: CounterSnapshot, audit: AuditEntry): Promise<boolean> {
    const { counters, saver, count } = this.#options;
    if (!counters.make(counter)) return false;
    try {
      await saver.put(counter, audit, () => count(counter));
    } catch (thrown) {
      counters.drop(counter); // if it was made for this
      throw thrown;
    }
    return true;
  }
}
