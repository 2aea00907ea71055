// Certificates that tenants bring to TLS.

import type { Tenant } from "../../downstream/serve-context.ts";
import { CertificateTable } from "../../downstream/tls/certificates.ts";
import type { TlsOwner } from "../../downstream/tls/owner.ts";
import type { CertificateSets } from "../shared/messages.ts";

/** Certificates of tenants, by their identities. */
export class TenantCertificates {
  #serving: ReadonlyMap<string, CertificateTable> = new Map();
  #prepared = this.#serving;

  /** @param changes  an empty list: none any more */
  prepare(changes: CertificateSets): void {
    this.#prepared = this.#serving;
    if (changes.size === 0) return;
    const next = new Map(this.#serving);
    for (const [id, list] of changes) {
      if (list.length === 0) next.delete(id);
      else next.set(id, new CertificateTable(list));
    }
    this.#prepared = next;
  }

  commit(): void {
    this.#serving = this.#prepared;
  }

  ownerOf(tenant: Tenant | null): TlsOwner | null {
    if (tenant === null) return null;
    const { id, clients } = tenant;
    return { id, clients, certificates: this.#serving.get(id) ?? null };
  }
}
