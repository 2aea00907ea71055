// How near tenants are to their limits: asked of the workers when somebody wants to know.

import type { LimitUseAccess } from "../../control/api/limits.ts";
import { type LimitUse, NO_LIMIT_USE, nearest } from "../../observe/limit-use.ts";
import type { WorkerPool } from "./workers/worker-pool.ts";

export class LimitUses implements LimitUseAccess {
  readonly #workers: Pick<WorkerPool, "look">;

  constructor(workers: Pick<WorkerPool, "look">) {
    this.#workers = workers;
  }

  async of(tenant: string): Promise<LimitUse> {
    const replies = await this.#workers.look({ type: "limits", tenant });
    const all = replies.flatMap((one) => (one.type === "limits" ? [one.use] : []));
    return all.reduce(nearest, NO_LIMIT_USE);
  }
}
