// What authorities that ask this proxy are answered, for orders of its own and of the proxies that
// share the store with it.

import type { ShownProof } from "../../../control/certificates/acme/shared-proofs.ts";
import type { SqlStore } from "../../../control/store/sql-store.ts";
import type { WorkerPool } from "../workers/worker-pool.ts";

export class Proofs {
  readonly #store: Pick<SqlStore, "acme" | "isShared"> | null;
  #pool: Pick<WorkerPool, "tell"> | null = null;
  #own: readonly ShownProof[] = [];
  #others: readonly ShownProof[] = [];

  constructor(store: Pick<SqlStore, "acme" | "isShared"> | null) {
    this.#store = store;
  }

  /** Who answers. */
  serveBy(pool: Pick<WorkerPool, "tell">): void {
    this.#pool = pool;
  }

  /** From now on these are this proxy's own. Resolves when every worker knows. */
  async show(own: readonly ShownProof[]): Promise<void> {
    this.#own = own;
    await this.#tell();
  }

  /** Who asks for one of these is answered. */
  get shown(): readonly ShownProof[] {
    const own = new Set(this.#own.map(({ host }) => host));
    return [...this.#own, ...this.#others.filter(({ host }) => !own.has(host))];
  }

  /** What there is of others, once more. */
  async read(): Promise<void> {
    if (this.#store === null || !this.#store.isShared) return;
    const stored = await this.#store.acme.acmeProofs();
    if (stored.length + this.#others.length === 0) return;
    this.#others = stored.map(({ text }): ShownProof => JSON.parse(text));
    await this.#tell();
  }

  async #tell(): Promise<void> {
    await this.#pool?.tell({ type: "challenges", challenges: this.shown });
  }
}
