// Requests that the workers have kept, put together for whoever asks. Workers know tenants by name,
// so requests of a tenant that is gone are left out: they are not for the next one of that name.

import { nameOfIdentity } from "../../base/identity.ts";
import { LIMITS } from "../../base/limits.ts";
import type { KeptAccess } from "../../control/api/requests.ts";
import type { KeptRequest } from "../../observe/kept-requests.ts";
import type { KeptWanted } from "../shared/messages.ts";
import type { WorkerPool } from "./workers/worker-pool.ts";

export class Kept implements KeptAccess {
  readonly #workers: Pick<WorkerPool, "look">;
  /** By name: when the last tenant that had it ended. */
  readonly #goneMs = new Map<string, number>();

  constructor(workers: Pick<WorkerPool, "look">) {
    this.#workers = workers;
  }

  forget(id: string): void {
    const name = nameOfIdentity(id);
    this.#goneMs.delete(name);
    this.#goneMs.set(name, Date.now());
    const [oldest] = this.#goneMs.keys();
    // by then its requests have given way to others'
    const isFull = this.#goneMs.size > LIMITS.forgottenTenants;
    if (isFull && oldest !== undefined) this.#goneMs.delete(oldest);
  }

  async of(tenant: string): Promise<readonly KeptRequest[]> {
    const all = await this.#look({ tenant, id: null });
    return all.sort((one, two) => two.startMs - one.startMs);
  }

  async find(tenant: string | null, id: string): Promise<KeptRequest | null> {
    return (await this.#look({ tenant, id }))[0] ?? null;
  }

  async #look(wanted: KeptWanted): Promise<KeptRequest[]> {
    const replies = await this.#workers.look({ type: "kept", ...wanted });
    const all = replies.flatMap((one) => (one.type === "kept" ? one.requests : []));
    return all.filter(({ tenant, startMs }) => startMs >= (this.#goneMs.get(tenant) ?? 0));
  }
}
