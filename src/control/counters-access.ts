// The counters of tenants as the control plane sees them, by the tenants' identities
// (base/identity.ts). The fleet implements it.

import type { Scope } from "../wire/scopes.ts";
import type { CounterSnapshot } from "./store/records.ts";
import type { AuditEntry } from "./store/store.ts";

/** A counter as this proxy knows it. */
export interface ScopedCounter extends CounterSnapshot {
  readonly scope: Scope;
}

export interface CountersAccess {
  of(tenant: string): readonly ScopedCounter[];
  /**
   * Durable when it resolves; a counter of all proxies counts from there at each of them. False:
   * there is no room for another counter. Rejects with a StoreError; then it counts as before.
   */
  set(counter: CounterSnapshot, audit: AuditEntry): Promise<boolean>;
  /**
   * Counts nothing from now on, and makes room for another name when no script that runs has it.
   * One of all proxies keeps its name. False: there is none.
   */
  delete(counter: Pick<CounterSnapshot, "tenant" | "name">, audit: AuditEntry): Promise<boolean>;
  /** The tenant is gone. */
  forget(tenant: string): void;
}
