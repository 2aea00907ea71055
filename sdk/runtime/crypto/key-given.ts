// Keys, and what is wished of new ones, as a script gives them to `crypto.subtle`.

import { CRYPTO_LIMITS } from "../../../src/wire/crypto.ts";
import { arrayPush, NativeUint8Array } from "../primordials.ts";
import type { Generated, KeyData, KeyFormat, KeyPairParts, KeyWish } from "./algorithm.ts";
import { invalidAccess, syntaxError } from "./fault.ts";
import { bounded, type Given } from "./given.ts";
import {
  type CryptoKey,
  includes,
  type KeyParts,
  type KeyUsage,
  makeKey,
  partsIn,
  USAGES,
} from "./key.ts";

export interface CryptoKeyPair {
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
}

/** A key of that algorithm, for that. */
export function keyFor({ name }: Given, value: unknown, usage: KeyUsage): KeyParts {
  const key = anyKey(value);
  if (key.algorithm.name !== name) {
    throw invalidAccess(`expected a key of ${name}, got one of ${key.algorithm.name}`);
  }
  if (includes(key.usages, usage)) return key;
  throw invalidAccess(`the key is not for ${usage}`);
}

export function anyKey(value: unknown): KeyParts {
  const key = partsIn(value);
  if (key !== null) return key;
  throw new TypeError("expected a CryptoKey");
}

export function usagesOf(value: unknown): KeyUsage[] {
  if (typeof value !== "object" || value === null) {
    throw new TypeError("expected a list of usages");
  }
  const usages: KeyUsage[] = [];
  const { length } = value as { readonly length: number };
  for (let i = 0; i < length; i++) {
    const usage = `${(value as ArrayLike<unknown>)[i]}` as KeyUsage;
    if (!includes(USAGES, usage)) throw new TypeError(`there is no usage ${usage}`);
    if (!includes(usages, usage)) arrayPush(usages, usage);
  }
  return usages;
}

const FORMATS: readonly KeyFormat[] = ["raw", "pkcs8", "spki", "jwk"];

export function formatOf(value: unknown): KeyFormat {
  const format = `${value}` as KeyFormat;
  if (includes(FORMATS, format)) return format;
  throw new TypeError(`there is no key format ${format}: expected raw, pkcs8, spki or jwk`);
}

export function keyDataOf(format: KeyFormat, value: unknown): KeyData {
  if (format !== "jwk") {
    const bytes = bounded(value, "the key", CRYPTO_LIMITS.keyBytes);
    return { format, bytes, jwk: {} };
  }
  if (typeof value !== "object" || value === null) throw new TypeError("expected a JWK");
  const jwk = value as Readonly<Record<string, unknown>>;
  return { format, bytes: new NativeUint8Array(0), jwk };
}

/** A secret or private key that is for nothing is a mistake. */
export function checkedKey(key: KeyParts): CryptoKey {
  if (key.type !== "public" && key.usages.length === 0) {
    throw syntaxError("a secret or private key has usages: expected one at least");
  }
  return makeKey(key);
}

export function made(result: Generated): CryptoKey | CryptoKeyPair {
  if (!isPair(result)) return checkedKey(result);
  const { publicKey, privateKey } = result;
  return { publicKey: makeKey(publicKey), privateKey: checkedKey(privateKey) };
}

const isPair = (result: Generated): result is KeyPairParts => "publicKey" in result;

export const wishOf = (extractable: unknown, usages: unknown): KeyWish => ({
  extractable: !!extractable,
  usages: usagesOf(usages),
});
