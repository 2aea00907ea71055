// A tenant's certificate as it serves: what it is for, and its text in memory that all threads
// share, since ten thousand tenants have forty megabytes of it.

import type { CertificateFacts } from "../../base/certificates/facts.ts";
import { type PemText, sharePem } from "../../base/certificates/shared-pem.ts";
import type { CertificateOrigin, StoredCertificate } from "../store/records.ts";

export interface LiveCertificate {
  readonly name: string;
  /** Who sees to its renewal. */
  readonly origin: CertificateOrigin;
  readonly facts: CertificateFacts;
  readonly pem: PemText;
}

export const toLiveCertificate = ({
  name,
  origin,
  changedAtMs: _changed,
  cert,
  key,
  ...facts
}: StoredCertificate): LiveCertificate => ({ name, origin, facts, pem: sharePem({ cert, key }) });
