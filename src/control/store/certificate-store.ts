// What the store remembers of certificates that are tenants' own. As of every store, each method
// may reject with a StoreError; numbers that changes resolve to are revisions.

import type { AcmeStore } from "./acme-store.ts";
import type { AuditEntry } from "./audit-entry.ts";
import type { CertificateSummary, StoredCertificate } from "./records.ts";

export interface CertificateStore {
  /** Of those that an authority issues to us. */
  readonly acme: AcmeStore;
  /** Those of one tenant, without their keys. */
  certificates(tenant: string): Promise<readonly CertificateSummary[]>;
  /** Decrypted: never logged, never in an answer. */
  certificate(tenant: string, name: string): Promise<StoredCertificate>;
  putCertificate(
    tenant: string,
    certificate: Omit<StoredCertificate, "changedAtMs">,
    audit: AuditEntry,
  ): Promise<number>;
  deleteCertificate(tenant: string, name: string, audit: AuditEntry): Promise<number>;
}
