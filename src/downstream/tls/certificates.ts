// Which certificate a client gets: by the name that it asks for. A wildcard is the whole left-most
// label and stands for one label (RFC 9525 section 6.3). A name's certificates of several kinds
// (ECDSA, RSA) are all offered, and the client's algorithms choose. One that is not valid now is
// shown only where there is no other.

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
  readonly notBeforeMs: number;
  readonly expiresAtMs: number;
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

  /**
   * Of each kind the first that covers the name; null: none does.
   *
   * @param nowMs  those that are valid then; null: whether they are valid or not
   */
  find(serverName: string, nowMs: number | null): readonly Certificate[] | null {
    return this.#named(serverName, nowMs) ?? this.#named(wildcardOf(serverName), nowMs);
  }

  #named(name: string, nowMs: number | null): readonly Certificate[] | null {
    const found: Certificate[] = [];
    for (const one of this.#byName.get(name) ?? []) {
      const isWanted = nowMs === null || isValidAt(one, nowMs);
      if (isWanted && !found.some(({ kind }) => kind === one.kind)) found.push(one);
    }
    return found.length === 0 ? null : found;
  }

  #add(name: string, certificate: Certificate): void {
    const those = this.#byName.get(name);
    if (those === undefined) this.#byName.set(name, [certificate]);
    else those.push(certificate);
  }
}

const isValidAt = ({ notBeforeMs, expiresAtMs }: Certificate, nowMs: number): boolean =>
  notBeforeMs <= nowMs && nowMs < expiresAtMs;

export const covers = ({ names }: Certificate, name: string): boolean => coversName(names, name);

export function certificateOf(pem: PemPair): Certificate {
  const { names, kind, notBeforeMs, expiresAtMs } = factsOf(new X509Certificate(pem.cert));
  const hash = createHash("sha256").update(`${pem.cert}\n${pem.key}`).digest("base64");
  return { names, kind, hash, pem, notBeforeMs, expiresAtMs };
}

export const textOf = ({ pem }: Certificate): PemPair =>
  "certBytes" in pem ? readPemText(pem) : pem;
