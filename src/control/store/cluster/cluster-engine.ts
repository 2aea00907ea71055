// PostgreSQL as proxies share it: changes are made there, and are in this proxy's copy before they
// are acknowledged; everything else is read from the copy, so nothing but a change, the audit log
// and what time it is ever waits for PostgreSQL.

import { CLUSTER_LIMITS } from "../../../base/cluster-limits.ts";
import type { PostgresEngine } from "../postgres/engine.ts";
import type { Change, Engine, Steps, Told } from "../steps.ts";
import { StoreError } from "../store.ts";
import type { Follower } from "./follower.ts";

export interface ClusterEngineOptions {
  readonly shared: PostgresEngine;
  readonly copy: Engine;
  readonly follower: Follower;
}

export class ClusterEngine implements Engine {
  readonly #options: ClusterEngineOptions;

  constructor(options: ClusterEngineOptions) {
    this.#options = options;
  }

  async nowMs(): Promise<number> {
    return await this.#answered(() => this.#options.shared.nowMs());
  }

  read<T>(steps: Steps<T>): Promise<T> {
    return this.#options.copy.read(steps);
  }

  async readLog<T>(steps: Steps<T>): Promise<T> {
    return await this.#answered(() => this.#options.shared.readLog(steps));
  }

  async write<T>(change: Change<T>): Promise<T> {
    const { shared, follower } = this.#options;
    using _own = follower.own();
    const { audit, steps } = change;
    const storing = this.#answered(() => shared.store({ audit, steps }));
    const { made, stored } = await storing.catch(async (thrown) => {
      const fault = thrown instanceof StoreError ? thrown.fault : null;
      // another proxy was first: whoever asks again knows of it
      if (fault === "conflict") await follower.catchUp().catch(() => undefined);
      // it may have been migrated, and cannot be read here any more either
      if (fault === "unavailable") follower.nudge();
      throw thrown;
    });
    if (change.own !== undefined) await this.#options.copy.writeLightly(change.own);
    try {
      await follower.copyOwn(stored);
    } catch (cause) {
      if (follower.lostAtMs === null && change.isReadBack === true) throw uncopied(cause);
      // it is stored: if it cannot be copied now, it is when PostgreSQL answers again
      await follower.backWithin(CLUSTER_LIMITS.readBackMs);
    }
    return made;
  }

  /** Of this proxy alone. */
  writeLightly(steps: Steps<void>): Promise<void> {
    return this.#options.copy.writeLightly(steps);
  }

  watch(told: Told): void {
    this.#options.follower.watch(told);
  }

  async close(): Promise<void> {
    const { shared, copy, follower } = this.#options;
    await follower.close();
    await Promise.all([shared.close(), copy.close()]);
  }

  async #answered<T>(work: () => Promise<T>): Promise<T> {
    const { follower } = this.#options;
    const { lostAtMs } = follower;
    if (lostAtMs !== null) {
      follower.nudge();
      throw unreachable(lostAtMs);
    }
    try {
      return await work();
    } catch (thrown) {
      if (!(thrown instanceof StoreError)) throw thrown;
      if (thrown.fault === "unreachable") follower.lost(thrown);
      // whoever has the connections may be waiting for a server that is gone
      else if (thrown.fault !== "busy" || follower.lostAtMs === null) throw thrown;
      throw unreachable(follower.lostAtMs ?? Date.now(), thrown);
    }
  }
}

const unreachable = (sinceMs: number, cause?: Error): StoreError => {
  const since = new Date(sinceMs).toISOString();
  const text = `The store has been unreachable since ${since}: nothing changed`;
  return new StoreError("unreachable", text, { cause });
};

/** Its own disk may be full: whoever follows finds what is new there once it can be copied. */
const uncopied = (cause: unknown): StoreError => {
  const text = "The change is stored, and this proxy cannot copy it";
  return new StoreError("unconfirmed", `${text}: it serves it once it can; its log says why`, {
    cause,
  });
};
