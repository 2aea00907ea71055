// Which certificate a client gets: by the name that it asks for. A wildcard is the whole left-most
// label and stands for one label (RFC 9525 section 6.3). A name's certificates of several kinds
// (ECDSA, RSA) are all offered, and the client's algorithms choose.

import { createHash, X509Certificate } from "node:crypto";
import { coversName, factsOf, wildcardOf } from "../../base/certificates/facts.ts";
import { type PemPair, type PemText, readPemText } from "../../base/certificates/shared-pem.ts";

/** Plain data: its text is read when a context is made of it. */
export interface Certificate {
  /** Lower case. */
  readonly names: readonly string[];
  /** `ec`, `rsa`, `ed25519` … */
  readonly kind: string;
  /** Of the whole text: equal ones are the same. */
  readonly hash: string;
  readonly pem: PemText | PemPair;
}

export class CertificateTable {
  readonly #byName = new Map<string, Certificate[]>();
  readonly #first: readonly Certificate[];

  constructor(all: readonly Certificate[]) {
    for (const one of all) for (const name of one.names) this.#add(name, one);
    this.#first = all.slice(0, 1);
  }

  /** What is shown if nothing covers the name. */
  get first(): readonly Certificate[] {
    return this.#first;
  }

  /** Of each kind the first that covers the name; null: none does. */
  find(serverName: string): readonly Certificate[] | null {
    return this.#byName.get(serverName) ?? this.#byName.get(wildcardOf(serverName)) ?? null;
  }

  #add(name: string, certificate: Certificate): void {
    const those = this.#byName.get(name) ?? [];
    if (!those.some(({ kind }) => kind === certificate.kind)) those.push(certificate);
    this.#byName.set(name, those);
  }
}

export const covers = ({ names }: Certificate, name: string): boolean => coversName(names, name);

export function certificateOf(pem: PemPair): Certificate {
  const { names, kind } = factsOf(new X509Certificate(pem.cert));
  const hash = createHash("sha256").update(`${pem.cert}\n${pem.key}`).digest("base64");
  return { names, kind, hash, pem };
}

export const textOf = ({ pem }: Certificate): PemPair =>
  "certBytes" in pem ? readPemText(pem) : pem;
