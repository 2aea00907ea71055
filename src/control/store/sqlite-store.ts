// The store in one SQLite file, opened by open-store.ts: which file beside this one does what, and
// that nobody changes anything while a handover is under way.

import { AcmeRows } from "./acme-rows.ts";
import * as certificates from "./certificate-rows.ts";
import type { Database } from "./database.ts";
import * as deployments from "./deployment-rows.ts";
import { listFullTraffic } from "./full-traffic-rows.ts";
import { findIdentity } from "./identity-rows.ts";
import * as logs from "./log-rows.ts";
import type {
  CertificateSummary,
  CounterSnapshot,
  Flag,
  Page,
  Revision,
  SecretSummary,
  StoredCertificate,
  StoredToken,
  Written,
} from "./records.ts";
import { findRevision } from "./revision-row.ts";
import type { SecretKeys } from "./secret-keys.ts";
import * as settings from "./setting-rows.ts";
import {
  type AuditEntry,
  type AuditLine,
  type DeploymentState,
  type DeploymentSummary,
  type FullTraffic,
  type Identity,
  type Release,
  type Store,
  type StoredDeployment,
  type StoredTenant,
  StoreError,
  type TenantChange,
  type Traffic,
} from "./store.ts";
import { type OnAudit, Tables } from "./tables.ts";
import * as tenants from "./tenant-rows.ts";

type At = { readonly tenant: string; readonly version: number };

export class SqliteStore implements Store {
  readonly acme: AcmeRows;
  readonly #all: Tables;
  readonly #keys: SecretKeys;
  /** Why nothing may be changed now; null: it may. */
  #paused: string | null = null;

  constructor(database: Database, keys: SecretKeys, onAudit: OnAudit) {
    this.#all = new Tables(database, onAudit);
    this.#keys = keys;
    this.acme = new AcmeRows(this.#all, keys, () => this.#writable);
  }

  /** From now on changes are refused as paused, for this reason. Counters may be saved. */
  pause(reason: string): void {
    this.#paused = reason;
  }

  resume(): void {
    this.#paused = null;
  }

  async revision(): Promise<Revision> {
    return findRevision(this.#all);
  }

  async tenants(): Promise<readonly StoredTenant[]> {
    return tenants.listTenants(this.#all);
  }

  async tenant(name: string): Promise<StoredTenant | null> {
    return tenants.findTenant(this.#all, name);
  }

  async changeTenants(
    changes: readonly TenantChange[],
  ): Promise<Written<readonly (StoredTenant | null)[]>> {
    return tenants.changeTenants(this.#writable, changes);
  }

  async identity(tenant: string): Promise<string | null> {
    return findIdentity(this.#all, tenant);
  }

  async nextVersion(tenant: string): Promise<number> {
    return deployments.nextVersion(this.#all, tenant);
  }

  async release(releases: readonly Release[], born: readonly Identity[] = []): Promise<number> {
    return deployments.release(this.#writable, releases, born);
  }

  async deployments(tenant: string, page: Page): Promise<readonly DeploymentSummary[]> {
    return deployments.listDeployments(this.#all, tenant, page);
  }

  async deployment(tenant: string, version: number): Promise<StoredDeployment | null> {
    return deployments.findDeployment(this.#all, { tenant, version });
  }

  async setDeploymentState(
    at: At,
    change: { readonly state: DeploymentState; readonly reason: string },
    audit: AuditEntry,
  ): Promise<number> {
    return deployments.setDeploymentState(this.#writable, at, { change, audit });
  }

  async traffic(tenant: string): Promise<Traffic | null> {
    return deployments.findTraffic(this.#all, tenant);
  }

  async fullTraffic(tenant: string): Promise<readonly FullTraffic[]> {
    return listFullTraffic(this.#all, tenant);
  }

  async isSuspended(tenant: string): Promise<boolean> {
    return tenants.isSuspended(this.#all, tenant);
  }

  async setSuspended(tenant: string, isSuspended: boolean, audit: AuditEntry): Promise<number> {
    return tenants.setSuspended(this.#writable, { tenant, isSuspended, audit });
  }

  async settingTenants(): Promise<readonly string[]> {
    return settings.settingTenants(this.#all);
  }

  async flags(tenant: string): Promise<readonly Flag[]> {
    return settings.listFlags(this.#all, tenant);
  }

  async putFlag(
    tenant: string,
    flag: Pick<Flag, "name" | "value">,
    audit: AuditEntry,
  ): Promise<Written<Flag>> {
    return settings.putFlag(this.#writable, { tenant, ...flag, audit });
  }

  async deleteFlag(tenant: string, name: string, audit: AuditEntry): Promise<number> {
    return settings.deleteFlag(this.#writable, { tenant, name, audit });
  }

  async secrets(tenant: string): Promise<readonly SecretSummary[]> {
    return settings.listSecrets(this.#all, tenant);
  }

  async secretValues(tenant: string): Promise<Readonly<Record<string, string>>> {
    return settings.secretValues(this.#all, this.#keys, tenant);
  }

  async putSecret(
    tenant: string,
    secret: { readonly name: string; readonly value: string },
    audit: AuditEntry,
  ): Promise<Written<SecretSummary>> {
    return settings.putSecret(this.#writable, this.#keys, { tenant, ...secret, audit });
  }

  async deleteSecret(tenant: string, name: string, audit: AuditEntry): Promise<number> {
    return settings.deleteSecret(this.#writable, { tenant, name, audit });
  }

  async certificates(tenant: string): Promise<readonly CertificateSummary[]> {
    return certificates.listCertificates(this.#all, tenant);
  }

  async certificate(tenant: string, name: string): Promise<StoredCertificate> {
    return certificates.findCertificate(this.#all, this.#keys, { tenant, name });
  }

  async putCertificate(
    tenant: string,
    certificate: Omit<StoredCertificate, "changedAtMs">,
    audit: AuditEntry,
  ): Promise<number> {
    const entry = { ...certificate, tenant, audit };
    return certificates.putCertificate(this.#writable, this.#keys, entry);
  }

  async deleteCertificate(tenant: string, name: string, audit: AuditEntry): Promise<number> {
    return certificates.deleteCertificate(this.#writable, { tenant, name }, audit);
  }

  async tokens(): Promise<readonly StoredToken[]> {
    return logs.listTokens(this.#all);
  }

  async addToken(
    token: Omit<StoredToken, "createdAtMs">,
    hash: Buffer,
    audit: AuditEntry,
  ): Promise<void> {
    logs.addToken(this.#writable, token, { hash, audit });
  }

  async tokenByHash(hash: Buffer): Promise<StoredToken | null> {
    return logs.findToken(this.#all, hash);
  }

  async deleteToken(id: string, audit: AuditEntry): Promise<void> {
    logs.deleteToken(this.#writable, id, audit);
  }

  async addAudit(audit: AuditEntry): Promise<void> {
    this.#writable.change(audit, () => {});
  }

  async audit(
    filter: { readonly tenant: string | null },
    page: Page,
  ): Promise<readonly AuditLine[]> {
    return logs.listAudit(this.#all, filter.tenant, page);
  }

  async counters(): Promise<readonly CounterSnapshot[]> {
    return logs.listCounters(this.#all);
  }

  async putCounter(counter: CounterSnapshot, audit: AuditEntry): Promise<void> {
    logs.putCounter(this.#writable, counter, audit);
  }

  async saveCounters(counters: readonly CounterSnapshot[]): Promise<void> {
    logs.saveCounters(this.#all, counters);
  }

  async signingKey(): Promise<Buffer> {
    return settings.signingKey(this.#all);
  }

  /** Under the key that encrypts now. */
  resealSecrets(): settings.Resealed {
    return settings.resealSecrets(this.#all, this.#keys);
  }

  async close(): Promise<void> {
    this.#all.database.close();
  }

  get #writable(): Tables {
    if (this.#paused === null) return this.#all;
    throw new StoreError("paused", `Nothing can be changed now: ${this.#paused}`);
  }
}
