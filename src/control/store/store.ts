// What the control plane remembers, as narrow as it can be: several machines will share one.
// Every write is durable when its promise resolves, and carries the line that the audit log gets:
// both are there or neither is. The store checks shapes and uniqueness; what a value means is
// decided above it.

import type { AuditEntry, AuditFilter } from "./audit-entry.ts";
import type { CertificateStore } from "./certificate-store.ts";
import type {
  CounterSnapshot,
  Flag,
  NamedSecret,
  Page,
  Revision,
  SecretSummary,
  StoredToken,
  Written,
} from "./records.ts";
import type { SmokeRequest } from "./smoke-request.ts";

export type { AuditEntry, AuditFilter } from "./audit-entry.ts";
export { StoreError, type StoreFault } from "./store-error.ts";

export interface AuditLine extends AuditEntry {
  readonly id: number;
  readonly atMs: number;
}

/** A tenant made through the admin API. Those of the file have their settings there. */
export interface StoredTenant {
  readonly name: string;
  /** The keys of a tenant in sluice.yaml, as written, but `script`. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Raised by each change, and no other tenant ever has or had it: the ETag. */
  readonly revision: number;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
}

/** One tenant among all that ever had its name (base/identity.ts). */
export interface Identity {
  readonly tenant: string;
  readonly id: string;
}

export interface TenantChange {
  readonly name: string;
  /** Null: it goes. */
  readonly settings: StoredTenant["settings"] | null;
  /** Revision that the change was made from; 0: it must be new; null: any. */
  readonly expected: number | null;
  /** Who it is if it is new. */
  readonly id: string;
  readonly audit: AuditEntry;
}

export type DeploymentOrigin = "file" | "api";
/**
 * `ready`: it has started on every worker. `disabled`: taken out of service until it is enabled.
 * `stored` and `failed` never took traffic: only earlier releases kept such versions.
 */
export type DeploymentState = "stored" | "ready" | "failed" | "disabled";

export interface NewDeployment {
  readonly tenant: string;
  readonly origin: DeploymentOrigin;
  readonly author: string;
  readonly message: string;
  /** Sources by path; empty for a bundle that came ready-made. */
  readonly files: Readonly<Record<string, string>>;
  readonly entry: string;
  /** What runs, and its source map as JSON. */
  readonly code: string;
  readonly map: string;
  /** Of the bundle as it was sent, which may be less than what runs. */
  readonly sha256: string;
  readonly bytes: number;
  /** Names of the hooks that it exports. */
  readonly hooks: readonly string[];
  readonly smoke: readonly SmokeRequest[];
}

export interface DeploymentSummary {
  readonly tenant: string;
  /** From 1 for each tenant; never used twice. */
  readonly version: number;
  readonly state: DeploymentState;
  /** Why it failed or was disabled; empty: neither. */
  readonly reason: string;
  readonly origin: DeploymentOrigin;
  readonly author: string;
  readonly message: string;
  readonly sha256: string;
  /** Of the bundle. */
  readonly bytes: number;
  readonly hooks: readonly string[];
  /** Its sources and bundle are gone: it cannot take traffic again. */
  readonly isPruned: boolean;
  readonly createdAtMs: number;
}

export interface StoredDeployment extends DeploymentSummary, NewDeployment {}

export interface TrafficShare {
  readonly version: number;
  /** Above 0; the shares of a tenant add up to 100. */
  readonly percent: number;
}

/** What a client is known by, so that it sees one version: its address, a cookie or a header. */
export type StickyBy =
  | { readonly kind: "address" }
  | { readonly kind: "cookie" | "header"; readonly name: string };

export interface Traffic {
  readonly versions: readonly TrafficShare[];
  readonly stickyBy: StickyBy;
}

/** Traffic as it is to be. */
export interface NextTraffic extends Traffic {
  /** Versions that lose traffic by it were not good enough: no rollback goes back to them. */
  readonly isRollback?: true;
  /** A version that is out of service from now on, and why. */
  readonly disables?: { readonly version: number; readonly reason: string };
}

/** A version that got all of the traffic, and was not taken back since. */
export interface FullTraffic {
  readonly version: number;
  /** When it got all of it first, by the store's clock. */
  readonly sinceMs: number;
}

/** Leave to do what one proxy at a time does. */
export interface Fence {
  /** Of the lease. */
  readonly name: string;
  /** Grows with each new holder. */
  readonly epoch: number;
}

/** What a tenant runs from now on. */
export interface Release {
  readonly tenant: string;
  /** New, and started on every worker; null: every version of the traffic is in the history. */
  readonly deployment: (NewDeployment & { readonly version: number }) | null;
  readonly traffic: NextTraffic;
  /** What it was worked out from: with another one there by now it is refused. Null: any. */
  readonly expected?: Traffic | null;
  /** With which it is refused if another proxy has the lease by now. Left out: nobody needs one. */
  readonly fence?: Fence | undefined;
  readonly audit: readonly AuditEntry[];
}

/** Each method may reject with a StoreError. Numbers that changes resolve to are revisions. */
export interface Store extends CertificateStore {
  /** By several machines: what this one serves may be behind what is stored. */
  readonly isShared: boolean;
  /** What time it is by its own clock, which machines that share it have in common. */
  nowMs(): Promise<number>;
  /** Grows with each change of what proxies serve, in one transaction with it. */
  revision(): Promise<Revision>;
  tenants(): Promise<readonly StoredTenant[]>;
  tenant(name: string): Promise<StoredTenant | null>;
  /**
   * All of these or none. A tenant that is new has nothing that an earlier one of its name left;
   * one that goes takes all that is its own along (base/identity.ts).
   */
  changeTenants(
    changes: readonly TenantChange[],
  ): Promise<Written<readonly (StoredTenant | null)[]>>;
  /** Who has that name now, or had it last and left something behind; null: nobody. */
  identity(tenant: string): Promise<string | null>;
  /**
   * Of tenants of the file those that nobody has named are these from now on; the others are who
   * they were. So machines that meet a name at the same moment agree on who it is.
   */
  claim(born: readonly Identity[]): Promise<void>;

  /** The version that the tenant's next deployment is. The tenant may be one of the file. */
  nextVersion(tenant: string): Promise<number>;
  /**
   * What is new of these is in the history, as `ready`, and has its traffic: of all or of none.
   * Other versions get traffic only if they are ready. Sources and bundles of old ones go that
   * neither take traffic nor may soon again: `LIMITS.deploymentsKept`.
   * @param born tenants that nobody knew before; refused as a conflict if somebody does by now
   */
  release(releases: readonly Release[], born?: readonly Identity[]): Promise<number>;
  deployments(tenant: string, page: Page): Promise<readonly DeploymentSummary[]>;
  /** Null: there is none, or it was pruned. */
  deployment(tenant: string, version: number): Promise<StoredDeployment | null>;
  setDeploymentState(
    at: { readonly tenant: string; readonly version: number },
    state: { readonly state: DeploymentState; readonly reason: string },
    audit: AuditEntry,
  ): Promise<number>;

  /** Null: none was ever set. */
  traffic(tenant: string): Promise<Traffic | null>;
  /** Where rollbacks go, the next one first; what serves now comes before. */
  fullTraffic(tenant: string): Promise<readonly FullTraffic[]>;

  isSuspended(tenant: string): Promise<boolean>;
  setSuspended(tenant: string, isSuspended: boolean, audit: AuditEntry): Promise<number>;

  /** Tenants that have flags or secrets. */
  settingTenants(): Promise<readonly string[]>;
  flags(tenant: string): Promise<readonly Flag[]>;
  putFlag(
    tenant: string,
    flag: Pick<Flag, "name" | "value">,
    audit: AuditEntry,
  ): Promise<Written<Flag>>;
  deleteFlag(tenant: string, name: string, audit: AuditEntry): Promise<number>;

  secrets(tenant: string): Promise<readonly SecretSummary[]>;
  /** Decrypted, for isolates only: never logged, never in an answer. */
  secretValues(tenant: string): Promise<Readonly<Record<string, string>>>;
  putSecret(
    tenant: string,
    secret: NamedSecret,
    audit: AuditEntry,
  ): Promise<Written<SecretSummary>>;
  deleteSecret(tenant: string, name: string, audit: AuditEntry): Promise<number>;

  /** Random, made once and kept: what we sign ourselves and hand out. */
  signingKey(): Promise<Buffer>;

  tokens(): Promise<readonly StoredToken[]>;
  /** @param hash SHA-256 of the token: the token itself is not stored */
  addToken(token: Omit<StoredToken, "createdAtMs">, hash: Buffer, audit: AuditEntry): Promise<void>;
  tokenByHash(hash: Buffer): Promise<StoredToken | null>;
  deleteToken(id: string, audit: AuditEntry): Promise<void>;

  /** For what changes nothing else here: a reload, a login refused. */
  addAudit(audit: AuditEntry): Promise<void>;
  audit(filter: AuditFilter, page: Page): Promise<readonly AuditLine[]>;

  counters(): Promise<readonly CounterSnapshot[]>;
  /** One that is set by hand; 0: it is as good as none. */
  putCounter(counter: CounterSnapshot, audit: AuditEntry): Promise<void>;
  /** Replaces what was there for these counters. The loss of power may lose the last ones. */
  saveCounters(counters: readonly CounterSnapshot[]): Promise<void>;

  close(): Promise<void>;
}
