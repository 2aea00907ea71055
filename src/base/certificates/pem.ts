// Certificates and keys as PEM text, taken apart with everything that OpenSSL would let pass
// without a word: it takes the first of several and skips a broken one.

import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
const BEGIN = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----/g;

/** Throws a sentence. */
export function toCertificates(pem: string): readonly X509Certificate[] {
  const found = pem.match(CERTIFICATE) ?? [];
  const begun = pem.match(BEGIN)?.length ?? 0;
  if (begun === 0) throw new Error("there is no certificate in it");
  if (found.length < begun) throw new Error(`certificate ${found.length + 1} of it is cut off`);
  return found.map((one) => new X509Certificate(one));
}

/** Throws a sentence. */
export function toKey(pem: string): KeyObject {
  if (!pem.includes("PRIVATE KEY-----")) throw new Error("there is no key in it");
  if (pem.includes("ENCRYPTED")) throw new Error("it is encrypted");
  return createPrivateKey(pem);
}

/** Certificates alone: a key that stands beside them is nothing to be kept in the clear. */
export const certificatesOnly = (pem: string): string =>
  (pem.match(CERTIFICATE) ?? []).map((one) => `${one}\n`).join("");

export interface ParsedPair {
  readonly certificates: readonly X509Certificate[];
  readonly key: KeyObject;
  /** PEM, both. */
  readonly cert: string;
  readonly keyText: string;
}

/** What is wrong with the key of these; null: nothing. */
export function keyProblem({ certificates, key, cert, keyText }: ParsedPair): string | null {
  if (certificates[0]?.checkPrivateKey(key) === false) {
    const at = certificates.findIndex((one) => one.checkPrivateKey(key));
    if (at === -1) return "it belongs to another certificate";
    return `it belongs to certificate ${at + 1} of the file, and its own must come first`;
  }
  try {
    // What OpenSSL still objects to, such as a key that is too short for its security level.
    createSecureContext({ cert, key: keyText });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Those that TLS 1.3 has, and clients of TLS 1.2 say they know, as OpenSSL names them. */
const CURVES = ["prime256v1", "secp384r1", "secp521r1"];

/** Why no client could use what is served with it; null: nothing is known against it. */
export function servedProblem({ publicKey }: X509Certificate): string | null {
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details } = publicKey;
  if (kind === "dsa") return "its key is one of DSA";
  if (kind !== "ec") return null;
  const curve = details?.namedCurve ?? "";
  if (CURVES.includes(curve)) return null;
  const on = curve === "" ? "a curve without a name" : `the curve ${curve}`;
  return `its key is on ${on}, and not on P-256, P-384 or P-521`;
}

/** A client could not follow the chain from the first certificate; null: it can. */
export function chainProblem(certificates: readonly X509Certificate[]): string | null {
  for (const [at, issuer] of certificates.entries()) {
    const issued = certificates[at - 1];
    if (issued === undefined) continue;
    const names = `certificate ${at + 1} of the chain`;
    if (!issued.checkIssued(issuer)) return `${names} has not issued the one before it`;
    if (!issuer.ca) return `${names} may not issue any`;
    if (!issued.verify(issuer.publicKey)) return `${names} has not signed the one before it`;
  }
  return null;
}
