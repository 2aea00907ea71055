// Whose a TLS connection is, once its client has said which host it asks for: the tenant that has
// the host says which certificates are shown besides the listener's, and whether clients show one.

import { createHash } from "node:crypto";
import type { ClientCertificatesConfig } from "../../base/config/types.ts";
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

/** @param id  of the tenant: no two share sessions, whatever their authorities are */
export function clientPolicy(
  id: string,
  config: ClientCertificatesConfig | null,
): ClientPolicy | null {
  if (config === null) return null;
  const { ca, isRequired } = config;
  const key = createHash("sha256")
    .update(JSON.stringify([id, ca, isRequired]))
    .digest("base64");
  return { key, ca, isRequired };
}
