// An authority for tests, and certificates that it issues: of servers, of clients, of whatever kind
// a test needs.

import { createPrivateKey, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import {
  BasicConstraintsExtension,
  type Extension,
  type JsonGeneralNames,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import type { Certificate } from "./certificates.ts";

export interface IssueOptions {
  /** `O=Shop, CN=till 7` */
  readonly subject?: string;
  /** DNS names, and addresses. */
  readonly names?: readonly string[];
  readonly kind?: "ec" | "rsa";
  /** From now on; below 0: it has expired. Left out: two. */
  readonly days?: number;
}

type KeyPair = webcrypto.CryptoKeyPair;

const DAY_MS = 86_400_000;
const EC = { name: "ECDSA", namedCurve: "P-256" } as const;
const RSA = {
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  modulusLength: 2_048,
  publicExponent: new Uint8Array([1, 0, 1]),
} as const;

export class Authority {
  readonly #keys: KeyPair;
  readonly #own: X509Certificate;
  #serial = 1;

  private constructor(keys: KeyPair, own: X509Certificate) {
    this.#keys = keys;
    this.#own = own;
  }

  static async make(name = "authority of a test"): Promise<Authority> {
    const keys = await makeKeys("ec");
    const own = await X509CertificateGenerator.createSelfSigned({
      ...{ name: `CN=${name}`, serialNumber: "01", keys, signingAlgorithm: SIGNED },
      ...validity(2),
      extensions: [new BasicConstraintsExtension(true, undefined, true)],
    });
    return new Authority(keys, own);
  }

  /** PEM. */
  get cert(): string {
    return `${this.#own.toString("pem")}\n`;
  }

  async issue(options: IssueOptions = {}): Promise<Certificate> {
    const { subject = "CN=of a test", names = [], kind = "ec", days = 2 } = options;
    const keys = await makeKeys(kind);
    const extensions: Extension[] = [new BasicConstraintsExtension(false, undefined, true)];
    const alternatives: JsonGeneralNames = names.map((value) => {
      return { type: isIP(value) === 0 ? "dns" : "ip", value };
    });
    if (names.length > 0) extensions.push(new SubjectAlternativeNameExtension(alternatives));
    const certificate = await X509CertificateGenerator.create({
      ...{ subject, issuer: this.#own.subject, serialNumber: (++this.#serial).toString(16) },
      ...{ signingKey: this.#keys.privateKey, signingAlgorithm: SIGNED },
      ...{ publicKey: keys.publicKey, extensions },
      ...validity(days),
    });
    return { cert: `${certificate.toString("pem")}\n`, key: await keyText(keys) };
  }
}

const SIGNED = { name: "ECDSA", hash: "SHA-256" };

const makeKeys = async (kind: "ec" | "rsa"): Promise<KeyPair> =>
  await webcrypto.subtle.generateKey(kind === "ec" ? EC : RSA, true, ["sign", "verify"]);

const keyText = async ({ privateKey }: KeyPair): Promise<string> => {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", privateKey));
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  return key.export({ type: "pkcs8", format: "pem" }).toString();
};

const validity = (days: number) => ({
  notBefore: new Date(Date.now() - 3 * DAY_MS),
  notAfter: new Date(Date.now() + days * DAY_MS),
});
