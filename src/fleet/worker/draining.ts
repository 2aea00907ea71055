// Tenants that a change took out of service, for as long as somebody uses them. Exchanges and
// tunnels hold them; the last one to leave disposes of their isolates. They are bounded in time,
// and in number for each tenant, so a tenant that deploys often pushes out nobody else's.

import { LIMITS } from "../../base/limits.ts";
import type { Tenant } from "../../downstream/serve-context.ts";
import type { MemberPlace } from "../../upstream/group/member.ts";
import { disposeOf } from "./tenants.ts";

export class Draining {
  /** By name: former states of a tenant with somebody in them, the oldest first. */
  readonly #olds = new Map<string, Set<Old>>();

  get tenants(): number {
    let count = 0;
    for (const olds of this.#olds.values()) count += olds.size;
    return count;
  }

  add(tenants: readonly Tenant[], drainMs: number): void {
    for (const tenant of tenants) this.#add(tenant, drainMs);
  }

  /** @param place  of a peer: those with it alone */
  closeTunnels(place?: MemberPlace): void {
    for (const olds of this.#olds.values()) {
      for (const { tenant } of olds) tenant.holders.closeTunnels(place);
    }
  }

  /** All of them, at once. */
  end(): void {
    for (const olds of this.#olds.values()) {
      for (const old of [...olds]) old.abort();
    }
  }

  #add(tenant: Tenant, drainMs: number): void {
    const { name } = tenant;
    const olds = this.#olds.get(name) ?? new Set();
    this.#olds.set(name, olds);
    const old = new Old(tenant, () => {
      olds.delete(old);
      // a set may have been made anew under this name since
      if (olds.size === 0 && this.#olds.get(name) === olds) this.#olds.delete(name);
    });
    olds.add(old);
    old.begin(drainMs);
    const [oldest] = olds;
    if (olds.size > LIMITS.drainingGenerations) oldest?.end();
  }
}

/** A former state of a tenant. */
class Old {
  readonly tenant: Tenant;
  readonly #ended: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(tenant: Tenant, ended: () => void) {
    this.tenant = tenant;
    this.#ended = ended;
  }

  /** It may have ended by the time this returns: nobody may hold it. */
  begin(drainMs: number): void {
    this.#timer = setTimeout(() => this.end(), drainMs).unref();
    this.tenant.holders.whenFree(() => this.#free());
  }

  /** Time is up, or there are too many: tunnels end, hooks of what is still under way fail. */
  end(): void {
    this.tenant.holders.closeTunnels();
    this.#free();
  }

  abort(): void {
    this.tenant.holders.abortTunnels();
    this.#free();
  }

  #free(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    // not at once: the last one may leave in the middle of a turn of this very isolate
    setImmediate(disposeOf, [this.tenant]);
    this.#ended();
  }
}
