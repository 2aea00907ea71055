// What the control plane asks of the processes that serve: that a change goes live everywhere, or
// changes nothing anywhere. The fleet implements it; its workers are none of our business here.
//
//   plan ──▶ build ──▶ prepare on every worker and cell ──▶ write ──▶ commit
//   any step but the last may refuse, and then everything is as before

import type { BreakerState } from "../base/breaker.ts";
import type { TenantConfig } from "../base/config/types.ts";
import type { LiveCertificate } from "./certificates/live-certificate.ts";
import type { StickyBy } from "./store/store.ts";

export interface Live {
  /**
   * Changes are made one after the other: nothing else changes from `plan` to the commit, reloads
   * of the file included. Rejects with what `plan` or `write` threw; nothing has changed then.
   */
  apply(change: LiveChange): Promise<ApplyResult>;
  /** The same for any number of tenants at once, those that are made and those that go too. */
  change(change: TenantsChange): Promise<ApplyResult>;
  /** Every tenant that serves, those of the file and those of the store. */
  tenants(): readonly LiveTenant[];
  /**
   * Takes a tenant back whose processes died too often. False: it was in service, as far as that
   * goes.
   */
  enable(tenant: string): boolean;
  /** Null: none of its own, its scripts run in the proxy. */
  processesOf(tenant: string): TenantProcesses | null;
}

/** How the processes of a tenant have fared, all of its versions together. */
export interface TenantProcesses {
  readonly breaker: BreakerState;
  /** In a cell of its own: one died while it ran. */
  readonly isAlone: boolean;
}

export interface LiveTenant {
  /** Who it is among all that have or had its name (base/identity.ts). */
  readonly id: string;
  /** Its `script` is the one that the file names; null: it has none there. */
  readonly config: TenantConfig;
  readonly origin: "file" | "store";
  readonly scripts: TenantScripts;
  /** Its own, for its own hosts. The same list as long as nothing about them changes. */
  readonly certificates: readonly LiveCertificate[];
}

/** What a tenant runs, and who gets which version of it. */
export interface TenantScripts {
  /** Empty: plain proxying. Their shares add up to 100. */
  readonly versions: readonly LiveVersion[];
  readonly stickyBy: StickyBy;
  /** Nobody is served. */
  readonly isSuspended: boolean;
}

export interface LiveVersion {
  /** From 1; 0: there is no store, the script is the file's. */
  readonly version: number;
  /** 0: for testers only. */
  readonly percent: number;
  /** How logs and errors name it. */
  readonly name: string;
  readonly code: string;
  /** Source map as JSON. */
  readonly map: string;
  /** Out of service: its requests are treated as if its hooks failed. */
  readonly isDisabled: boolean;
  /** Why it is; empty: it is not. */
  readonly reason: string;
  /** It came from the file, not from somebody's deployment. */
  readonly isOfFile: boolean;
  /** Each time it was taken back into service it began anew, with new isolates. */
  readonly timesEnabled: number;
}

export const NO_SCRIPTS: TenantScripts = {
  versions: [],
  stickyBy: { kind: "address" },
  isSuspended: false,
};

export const NO_CERTIFICATES: readonly LiveCertificate[] = [];

export interface LiveChange {
  /** Name of the one tenant that it concerns, which serves. */
  readonly tenant: string;
  /**
   * What the tenant is to be, given what there is now, so that what it checks against the others
   * holds until the commit. May throw.
   */
  plan(tenants: readonly LiveTenant[]): Promise<TenantConfig>;
  /** What it is to run, given what it runs now. Left out: the same. After `plan`; may throw. */
  scripts?(now: TenantScripts): Promise<TenantScripts>;
  /** Makes it durable, once every worker has prepared it. Resolves to the store's revision. */
  write(): Promise<number>;
}

export interface TenantsChange {
  /** What these are to be, null: gone; all others stay. As of `LiveChange`. */
  plan(tenants: readonly LiveTenant[]): Promise<ReadonlyMap<string, LiveTenant | null>>;
  /**
   * As of `LiveChange`; null: there was nothing to write. Left out: it is tried on every worker,
   * and nothing changes.
   */
  write?(): Promise<number | null>;
}

export type ApplyResult =
  /** Every worker serves it. */
  | { readonly ok: true; readonly revision: number }
  /**
   * Each problem is one line. `prepare`: a worker did not become ready. `closed`: nothing may
   * change now, as another process takes over; it may later.
   */
  | {
      readonly ok: false;
      readonly step: "prepare" | "closed";
      readonly isTimeout: boolean;
      readonly problems: readonly string[];
    };
