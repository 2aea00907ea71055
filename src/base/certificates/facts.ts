// What there is to say of a server's certificate: whom it is for, until when, and what it is known
// by. Plain data: it is stored, shown, and posted to worker threads.

import type { X509Certificate } from "node:crypto";

export interface CertificateFacts {
  /** The DNS names of its subjectAltName, lower case. */
  readonly names: readonly string[];
  /** Of its key: `ec`, `rsa`, `ed25519` … */
  readonly kind: string;
  readonly subject: string;
  readonly issuer: string;
  /** SHA-256, as `openssl x509 -fingerprint` writes it. */
  readonly fingerprint: string;
  readonly serial: string;
  readonly notBeforeMs: number;
  readonly expiresAtMs: number;
}

export const factsOf = (certificate: X509Certificate): CertificateFacts => ({
  names: namesOf(certificate),
  kind: certificate.publicKey.asymmetricKeyType ?? "",
  subject: oneLine(certificate.subject),
  issuer: oneLine(certificate.issuer),
  fingerprint: certificate.fingerprint256,
  serial: certificate.serialNumber,
  notBeforeMs: certificate.validFromDate.getTime(),
  expiresAtMs: certificate.validToDate.getTime(),
});

/** Names that are quoted there are no host's. */
export const namesOf = ({ subjectAltName }: X509Certificate): readonly string[] =>
  (subjectAltName ?? "")
    .split(", ")
    .map((entry) => /^DNS:([A-Za-z0-9_.*-]+)$/.exec(entry)?.[1]?.toLowerCase() ?? "")
    .filter((name) => name !== "");

/** OpenSSL writes an attribute a line. It may be missing altogether. */
export const oneLine = (name: string | undefined): string => (name ?? "").split("\n").join(", ");

/** RFC 9525 section 6.3: a wildcard is the whole left-most label, and stands for one. */
export const coversName = (names: readonly string[], name: string): boolean =>
  names.includes(name) || names.includes(wildcardOf(name));

export const wildcardOf = (name: string): string => {
  const dot = name.indexOf(".");
  return dot <= 0 ? "" : `*${name.slice(dot)}`;
};

/**
 * Whether it is for any host that such patterns lead to.
 *
 * @param hosts  as tenants have them: `a.example.com`, `*.example.com` (all below it) or `*`
 */
export const coversSome = (names: readonly string[], hosts: readonly string[]): boolean =>
  hosts.some((host) => {
    if (host === "*") return names.length > 0;
    if (!host.startsWith("*.")) return coversName(names, host);
    return names.some((name) => name.endsWith(host.slice(1)));
  });
