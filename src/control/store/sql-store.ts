// The store in the tables of an engine: which file beside this one does what, and that nobody
// changes anything while a handover is under way.

import * as deployments from "./deployment-rows.ts";
import { listFullTraffic } from "./full-traffic-rows.ts";
import { claimNames, findIdentity } from "./identity-rows.ts";
import * as logs from "./log-rows.ts";
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
import { release } from "./release-rows.ts";
import { findStale, type Resealed, reseal } from "./reseal.ts";
import { findRevision } from "./revision-row.ts";
import * as settings from "./setting-rows.ts";
import { SqlCertificateStore } from "./sql-certificate-store.ts";
import type { Steps, Told } from "./steps.ts";
import type {
  AuditEntry,
  AuditFilter,
  AuditLine,
  DeploymentSummary,
  FullTraffic,
  Identity,
  Release,
  Store,
  StoredDeployment,
  StoredTenant,
  TenantChange,
  Traffic,
} from "./store.ts";
import * as tenants from "./tenant-rows.ts";

export class SqlStore extends SqlCertificateStore implements Store {
  /**
   * From now on changes are refused as paused, for this reason. Counters may be saved. Resolves
   * when what was being stored is over.
   */
  pause(reason: string): Promise<void> {
    return this.engine.pause(reason);
  }

  resume(): void {
    this.engine.resume();
  }

  get isShared(): boolean {
    return this.engine.isShared;
  }

  get isPaused(): boolean {
    return this.engine.isPaused;
  }

  watch(told: Told): void {
    this.engine.watch(told);
  }

  nowMs(): Promise<number> {
    return this.engine.nowMs();
  }

  async revision(): Promise<Revision> {
    return this.engine.read(findRevision(this.all));
  }

  async tenants(): Promise<readonly StoredTenant[]> {
    return this.engine.read(tenants.listTenants(this.all));
  }

  async tenant(name: string): Promise<StoredTenant | null> {
    return this.engine.read(tenants.findTenant(this.all, name));
  }

  async changeTenants(
    changes: readonly TenantChange[],
  ): Promise<Written<readonly (StoredTenant | null)[]>> {
    return this.engine.write(tenants.changeTenants(this.all, changes));
  }

  async identity(tenant: string): Promise<string | null> {
    return this.engine.read(findIdentity(this.all, tenant));
  }

  async claim(born: readonly Identity[]): Promise<void> {
    await this.engine.write({ audit: [], steps: claimNames(this.all, born) });
  }

  async nextVersion(tenant: string): Promise<number> {
    return this.engine.read(deployments.nextVersion(this.all, tenant));
  }

  async release(releases: readonly Release[], born: readonly Identity[] = []): Promise<number> {
    return this.engine.write(release(this.all, releases, born));
  }

  async deployments(tenant: string, page: Page): Promise<readonly DeploymentSummary[]> {
    return this.engine.read(deployments.listDeployments(this.all, tenant, page));
  }

  async deployment(tenant: string, version: number): Promise<StoredDeployment | null> {
    return this.engine.read(deployments.findDeployment(this.all, { tenant, version }));
  }

  async setDeploymentState(
    at: deployments.DeploymentPlace,
    change: deployments.StateChange,
    audit: AuditEntry,
  ): Promise<number> {
    return this.engine.write(deployments.setDeploymentState(this.all, at, { change, audit }));
  }

  async traffic(tenant: string): Promise<Traffic | null> {
    return this.engine.read(deployments.findTraffic(this.all, tenant));
  }

  async fullTraffic(tenant: string): Promise<readonly FullTraffic[]> {
    return this.engine.read(listFullTraffic(this.all, tenant));
  }

  async isSuspended(tenant: string): Promise<boolean> {
    return this.engine.read(tenants.isSuspended(this.all, tenant));
  }

  async setSuspended(tenant: string, isSuspended: boolean, audit: AuditEntry): Promise<number> {
    return this.engine.write(tenants.setSuspended(this.all, { tenant, isSuspended, audit }));
  }

  async settingTenants(): Promise<readonly string[]> {
    return this.engine.read(settings.settingTenants());
  }

  async flags(tenant: string): Promise<readonly Flag[]> {
    return this.engine.read(settings.listFlags(this.all, tenant));
  }

  async putFlag(
    tenant: string,
    flag: Pick<Flag, "name" | "value">,
    audit: AuditEntry,
  ): Promise<Written<Flag>> {
    return this.engine.write(settings.putFlag(this.all, { tenant, ...flag, audit }));
  }

  async deleteFlag(tenant: string, name: string, audit: AuditEntry): Promise<number> {
    return this.engine.write(settings.deleteFlag(this.all, { tenant, name, audit }));
  }

  async secrets(tenant: string): Promise<readonly SecretSummary[]> {
    return this.engine.read(settings.listSecrets(this.all, tenant));
  }

  async secretValues(tenant: string): Promise<Readonly<Record<string, string>>> {
    return this.engine.read(settings.secretValues(this.all, this.keys, tenant));
  }

  async putSecret(
    tenant: string,
    secret: NamedSecret,
    audit: AuditEntry,
  ): Promise<Written<SecretSummary>> {
    return this.engine.write(settings.putSecret(this.all, this.keys, { tenant, ...secret, audit }));
  }

  async deleteSecret(tenant: string, name: string, audit: AuditEntry): Promise<number> {
    return this.engine.write(settings.deleteSecret(this.all, { tenant, name, audit }));
  }

  async tokens(): Promise<readonly StoredToken[]> {
    return this.engine.read(logs.listTokens(this.all));
  }

  async addToken(
    token: Omit<StoredToken, "createdAtMs">,
    hash: Buffer,
    audit: AuditEntry,
  ): Promise<void> {
    await this.engine.write(logs.addToken(this.all, token, { hash, audit }));
  }

  async tokenByHash(hash: Buffer): Promise<StoredToken | null> {
    return this.engine.read(logs.findToken(this.all, hash));
  }

  async deleteToken(id: string, audit: AuditEntry): Promise<void> {
    await this.engine.write(logs.deleteToken(this.all, id, audit));
  }

  async addAudit(audit: AuditEntry): Promise<void> {
    await this.engine.write(this.all.change(audit, function* () {}));
  }

  /** Of tables that only an engine has that several machines share, and no copy. */
  async changeShared(audit: AuditEntry, work: () => Steps<void>): Promise<void> {
    await this.engine.write(this.all.change(audit, work));
  }

  async audit(filter: AuditFilter, page: Page): Promise<readonly AuditLine[]> {
    return this.engine.readLog(logs.listAudit(this.all, filter, page));
  }

  async counters(): Promise<readonly CounterSnapshot[]> {
    return this.engine.read(logs.listCounters(this.all));
  }

  async putCounter(counter: CounterSnapshot, audit: AuditEntry): Promise<void> {
    await this.engine.write(logs.putCounter(this.all, counter, audit));
  }

  async saveCounters(counters: readonly CounterSnapshot[]): Promise<void> {
    if (counters.length > 0) await this.engine.writeLightly(logs.saveCounters(this.all, counters));
  }

  async signingKey(): Promise<Buffer> {
    const known = await this.engine.read(settings.findSigningKey(this.all));
    return known ?? (await this.engine.write(settings.makeSigningKey(this.all)));
  }

  /** Under the key that encrypts now. */
  async resealSecrets(): Promise<Resealed> {
    const stale = await this.engine.read(findStale(this.all, this.keys));
    const { secrets, certificates, accounts, lostKeys } = stale;
    const count = secrets.length + certificates.length + accounts.length;
    if (count > 0) await this.engine.write(reseal(this.all, this.keys, stale));
    return { count, lostKeys };
  }

  close(): Promise<void> {
    return this.engine.close();
  }
}
