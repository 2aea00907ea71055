// A few slots for work of tenants: each tenant has one of them at most, and tenants take them in
// rotation. Who uploads a hundred scripts that never end waits for all of them; another tenant
// waits for one piece of work of each tenant that came before it.

export class TenantSlots {
  readonly #atOnce: number;
  readonly #busy = new Set<string>();
  /** What waits to start, by tenant; the tenant whose work started last comes last. */
  readonly #waiting = new Map<string, (() => void)[]>();

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  async run<T>(tenant: string, work: () => Promise<T>): Promise<T> {
    const { promise: slot, resolve: start } = Promise.withResolvers<void>();
    const waiting = this.#waiting.get(tenant);
    if (waiting === undefined) this.#waiting.set(tenant, [start]);
    else waiting.push(start);
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
    for (const [tenant, waiting] of this.#waiting) {
      if (this.#busy.size >= this.#atOnce) return;
      if (this.#busy.has(tenant)) continue;
      this.#busy.add(tenant);
      waiting.shift()?.();
      this.#waiting.delete(tenant);
      // to the end of the line, and this loop skips it there: it is busy
      if (waiting.length > 0) this.#waiting.set(tenant, waiting);
    }
  }
}
