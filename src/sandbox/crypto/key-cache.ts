// The keys of one isolate as the library has them. Scripts import a key in each request, and hold
// its bytes: this finds what was made of them before. A key is checked when it is made, so that
// none is used whose size or exponent makes an operation slow.

import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { CRYPTO_LIMITS, RSA_EXPONENTS } from "../../wire/crypto.ts";
import { CryptoFault } from "./crypto-fault.ts";

/** Kinds of keys by the names that Web Crypto has for their algorithms and curves. */
export const KEY_TYPES = {
  RSA: { type: "rsa", curve: "" },
  "P-256": { type: "ec", curve: "prime256v1" },
  "P-384": { type: "ec", curve: "secp384r1" },
  "P-521": { type: "ec", curve: "secp521r1" },
  Ed25519: { type: "ed25519", curve: "" },
  X25519: { type: "x25519", curve: "" },
} as const;

export type KeyKind = keyof typeof KEY_TYPES;

export const isKeyKind = (kind: string): kind is KeyKind => Object.hasOwn(KEY_TYPES, kind);

/** A public RSA key of 2,048 bits takes some 2 KB here. */
const KEYS_MAX = 256;

export class KeyCache {
  /** By kind and bytes. The order is that of their last use. */
  readonly #known = new Map<string, KeyObject>();

  public(kind: string, spki: Buffer): KeyObject {
    return this.#get(`+${kind}`, spki, () =>
      checkedKey(kind, () => createPublicKey({ key: spki, format: "der", type: "spki" })),
    );
  }

  private(kind: string, pkcs8: Buffer): KeyObject {
    return this.#get(`-${kind}`, pkcs8, () =>
      checkedKey(kind, () => createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" })),
    );
  }

  #get(kind: string, bytes: Buffer, make: () => KeyObject): KeyObject {
    if (bytes.length > CRYPTO_LIMITS.keyBytes) throw new CryptoFault("DataError", TOO_LARGE);
    const name = kind + bytes.toString("latin1");
    const key = this.#known.get(name) ?? make();
    this.#known.delete(name);
    this.#known.set(name, key);
    const [first] = this.#known.keys();
    if (this.#known.size > KEYS_MAX && first !== undefined) this.#known.delete(first);
    return key;
  }
}

export const TOO_LARGE = `a key has at most ${CRYPTO_LIMITS.keyBytes} bytes`;

/** Of that kind, of a size and form that we take. */
export function checkedKey(kind: string, read: () => KeyObject): KeyObject {
  if (!isKeyKind(kind)) throw new CryptoFault("NotSupportedError", "there is no such curve");
  const key = readKey(read);
  const { type, curve } = KEY_TYPES[kind];
  const { asymmetricKeyType, asymmetricKeyDetails } = key;
  if (asymmetricKeyType !== type || (curve !== "" && asymmetricKeyDetails?.namedCurve !== curve)) {
    throw new CryptoFault("DataError", `expected a key of ${kind}`);
  }
  if (type !== "rsa") return key;
  const { modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails ?? {};
  const { rsaBitsImported, rsaBitsMax } = CRYPTO_LIMITS;
  if (modulusLength < rsaBitsImported || modulusLength > rsaBitsMax) {
    const range = `from ${rsaBitsImported} to ${rsaBitsMax} bits`;
    throw new CryptoFault("NotSupportedError", `expected RSA ${range}, got ${modulusLength}`);
  }
  if (!RSA_EXPONENTS.some((exponent) => BigInt(exponent) === publicExponent)) {
    const known = RSA_EXPONENTS.join(", ");
    throw new CryptoFault("NotSupportedError", `expected an exponent of RSA among ${known}`);
  }
  return key;
}

function readKey(read: () => KeyObject): KeyObject {
  try {
    return read();
  } catch {
    throw new CryptoFault("DataError", "the key cannot be read");
  }
}
