// Whose a TLS connection is, once its client has said which host it asks for: the tenant that has
// the host says which certificates are shown besides the listener's, and whether clients show one.

import type { CertificateTable } from "./certificates.ts";

export interface TlsOwner {
  /** Who it is among all tenants there were: keeps the sessions of each apart. */
  readonly id: string;
  /** Its own; null: the listener's are all there are. */
  readonly certificates: CertificateTable | null;
  /** Null: clients show no certificate. */
  readonly clients: ClientPolicy | null;
}

/** What a tenant wants to know of its clients. */
export interface ClientPolicy {
  /** Of the tenant and what follows: a connection that was made for another one is none for it. */
  readonly key: string;
  /** Authorities that clients' certificates come from, as PEM. */
  readonly ca: string;
  /** False: clients that show none, or one that is not verified, are served as well. */
  readonly isRequired: boolean;
}

/** Of a name that is no tenant's, and of clients that name none. */
export const NOBODYS: TlsOwner = { id: "", certificates: null, clients: null };
