// A few slots for work of tenants, and one at most for each tenant. Who uploads a hundred scripts
// that never end waits for all of them; another tenant waits only for those that are running.

interface Waiting {
  readonly tenant: string;
  readonly start: () => void;
}

export class TenantSlots {
  readonly #atOnce: number;
  readonly #busy = new Set<string>();
  readonly #waiting: Waiting[] = [];

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  async run<T>(tenant: string, work: () => Promise<T>): Promise<T> {
    const { promise: slot, resolve: start } = Promise.withResolvers<void>();
    this.#waiting.push({ tenant, start });
    this.#next();
    await slot;
    try {
      return await work();
    } finally {
      this.#busy.delete(tenant);
      this.#next();
    }
  }

  #next(): void {
    while (this.#busy.size < this.#atOnce) {
      const index = this.#waiting.findIndex(({ tenant }) => !this.#busy.has(tenant));
      const [next] = index < 0 ? [] : this.#waiting.splice(index, 1);
      if (next === undefined) return;
      this.#busy.add(next.tenant);
      next.start();
    }
  }
}
