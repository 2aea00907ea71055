// How near tenants are to their limits: asked of the workers when somebody wants to know. The most
// that one request has used is remembered from then on, whatever becomes of the worker.

import type { LimitUseAccess } from "../../control/api/limits.ts";
import { type LimitUse, NO_LIMIT_USE, nearest } from "../../observe/limit-use.ts";
import type { WorkerPool } from "./workers/worker-pool.ts";

interface Known {
  /** Of the tenant with its settings and versions: others begin anew. */
  readonly hash: string;
  readonly most: LimitUse;
}

export class LimitUses implements LimitUseAccess {
  readonly #workers: Pick<WorkerPool, "look" | "generation">;
  readonly #known = new Map<string, Known>();

  constructor(workers: Pick<WorkerPool, "look" | "generation">) {
    this.#workers = workers;
  }

  async of(tenant: string): Promise<LimitUse> {
    const hash = this.#hashOf(tenant);
    const replies = await this.#workers.look({ type: "limits", tenant });
    const all = replies.flatMap((one) => (one.type === "limits" ? [one.use] : []));
    const now = all.reduce(nearest, NO_LIMIT_USE);
    // some may have told of what was before a change, others of what is
    if (hash === null || hash !== this.#hashOf(tenant)) return now;
    const known = this.#known.get(tenant);
    const use = known?.hash === hash ? nearest(now, known.most) : now;
    this.#known.set(tenant, { hash, most: { ...use, requests: 0, fetches: 0, heapBytes: 0 } });
    return use;
  }

  /** A tenant is no more. */
  forget(tenant: string): void {
    this.#known.delete(tenant);
  }

  /** Null: it does not serve. */
  #hashOf(tenant: string): string | null {
    const { tenants } = this.#workers.generation;
    return tenants.find(({ config }) => config.name === tenant)?.hash ?? null;
  }
}
