// Which certificate a client gets: by the name that it asks for. A wildcard is the whole left-most
// label and stands for one label (RFC 9525 section 6.3). A name's certificates of several kinds
// (ECDSA, RSA) are all offered, and the client's algorithms choose.

import { X509Certificate } from "node:crypto";
import type { CertificateText } from "../../base/config/types.ts";

export interface Certificate extends CertificateText {
  /** Of its list. */
  readonly index: number;
  /** Lower case. */
  readonly names: readonly string[];
  /** `ec`, `rsa`, `ed25519` … */
  readonly kind: string;
}

export class CertificateTable {
  readonly #byName = new Map<string, Certificate[]>();
  readonly #first: readonly Certificate[];

  constructor(texts: readonly CertificateText[]) {
    const all = texts.map(certificateOf);
    for (const one of all) for (const name of one.names) this.#add(name, one);
    this.#first = all.slice(0, 1);
  }

  /** Of each kind the first that covers the name; if none does, the first of all. */
  find(serverName: string | null): readonly Certificate[] {
    if (serverName === null) return this.#first;
    return this.#byName.get(serverName) ?? this.#byName.get(wildcardOf(serverName)) ?? this.#first;
  }

  #add(name: string, certificate: Certificate): void {
    const those = this.#byName.get(name) ?? [];
    if (!those.some(({ kind }) => kind === certificate.kind)) those.push(certificate);
    this.#byName.set(name, those);
  }
}

export const covers = ({ names }: Certificate, name: string): boolean =>
  names.includes(name) || names.includes(wildcardOf(name));

function certificateOf(text: CertificateText, index: number): Certificate {
  const parsed = new X509Certificate(text.cert);
  const kind = parsed.publicKey.asymmetricKeyType ?? "";
  return { ...text, index, kind, names: namesOf(parsed) };
}

/** The DNS names of its subjectAltName; others are quoted there, and are no host's. */
export const namesOf = ({ subjectAltName }: X509Certificate): readonly string[] =>
  (subjectAltName ?? "")
    .split(", ")
    .map((entry) => /^DNS:([A-Za-z0-9_.*-]+)$/.exec(entry)?.[1]?.toLowerCase() ?? "")
    .filter((name) => name !== "");

const wildcardOf = (name: string): string => {
  const dot = name.indexOf(".");
  return dot <= 0 ? "" : `*${name.slice(dot)}`;
};
