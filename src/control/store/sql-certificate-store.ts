// The part of the store that is about certificates, and what all of it stands on.

import { AcmeRows } from "./acme-rows.ts";
import type { AuditEntry } from "./audit-entry.ts";
import * as certificates from "./certificate-rows.ts";
import type { CertificateStore } from "./certificate-store.ts";
import { PausableEngine } from "./pausable-engine.ts";
import type { CertificateSummary, StoredCertificate } from "./records.ts";
import type { SecretKeys } from "./secret-keys.ts";
import type { Engine } from "./steps.ts";
import { Tables } from "./tables.ts";

export class SqlCertificateStore implements CertificateStore {
  readonly acme: AcmeRows;
  protected readonly engine: PausableEngine;
  protected readonly all = new Tables();
  protected readonly keys: SecretKeys;

  constructor(engine: Engine, keys: SecretKeys) {
    this.engine = new PausableEngine(engine);
    this.keys = keys;
    this.acme = new AcmeRows(this.all, keys, this.engine);
  }

  async certificates(tenant: string): Promise<readonly CertificateSummary[]> {
    return this.engine.read(certificates.listCertificates(this.all, tenant));
  }

  async certificate(tenant: string, name: string): Promise<StoredCertificate> {
    return this.engine.read(certificates.findCertificate(this.all, this.keys, { tenant, name }));
  }

  async putCertificate(
    tenant: string,
    certificate: Omit<StoredCertificate, "changedAtMs">,
    audit: AuditEntry,
  ): Promise<number> {
    const entry = { ...certificate, tenant, audit };
    return this.engine.write(certificates.putCertificate(this.all, this.keys, entry));
  }

  async deleteCertificate(tenant: string, name: string, audit: AuditEntry): Promise<number> {
    return this.engine.write(certificates.deleteCertificate(this.all, { tenant, name }, audit));
  }
}
