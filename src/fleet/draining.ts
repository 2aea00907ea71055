// Tenants that a reload took out of service, until nobody uses them: exchanges and tunnels hold
// them, the last one to leave lets their isolates go. Bounded in time and in number.

import { LIMITS } from "../base/limits.ts";
import type { Tenant } from "../downstream/serve-context.ts";
import { disposeOf } from "./tenants.ts";

export class Draining {
  /** Old generations with somebody in them, the oldest first. */
  readonly #olds = new Set<Old>();

  get tenants(): number {
    let count = 0;
    for (const old of this.#olds) count += old.tenants;
    return count;
  }

  add(tenants: readonly Tenant[], drainMs: number): void {
    if (tenants.length === 0) return;
    const old = new Old(tenants, (gone) => this.#olds.delete(gone));
    this.#olds.add(old);
    old.begin(drainMs);
    const [oldest] = this.#olds;
    if (this.#olds.size > LIMITS.drainingGenerations) oldest?.end();
  }

  closeTunnels(): void {
    for (const old of this.#olds) old.closeTunnels();
  }
}

/** What one reload took out of service. */
class Old {
  readonly #left: Set<Tenant>;
  readonly #ended: (gone: Old) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(tenants: readonly Tenant[], ended: (gone: Old) => void) {
    this.#left = new Set(tenants);
    this.#ended = ended;
  }

  /** It may have ended by the time this returns: nobody may hold any of them. */
  begin(drainMs: number): void {
    this.#timer = setTimeout(() => this.end(), drainMs).unref();
    for (const tenant of [...this.#left]) tenant.holders.whenFree(() => this.#free(tenant));
  }

  get tenants(): number {
    return this.#left.size;
  }

  /** Time is up, or there are too many: tunnels end, hooks of what is still under way fail. */
  end(): void {
    this.closeTunnels();
    for (const tenant of [...this.#left]) this.#free(tenant);
  }

  closeTunnels(): void {
    for (const { holders } of this.#left) holders.closeTunnels();
  }

  #free(tenant: Tenant): void {
    if (!this.#left.delete(tenant)) return;
    // not at once: the last one may leave in the middle of a turn of this very isolate
    setImmediate(disposeOf, [tenant]);
    if (this.#left.size > 0) return;
    clearTimeout(this.#timer);
    this.#ended(this);
  }
}
