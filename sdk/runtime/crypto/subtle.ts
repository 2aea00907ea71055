// SubtleCrypto of Web Crypto: what its methods have in common. What an algorithm does is in files
// of its own (registry.ts). Each method works at once, in the thread of the script and on its time;
// long-work.ts has the two exceptions.

import { isBufferView, jsonParse, jsonStringify } from "../primordials.ts";
import type { Bytes, KeyFormat } from "./algorithm.ts";
import { dataError, invalidAccess } from "./fault.ts";
import { algorithmOf, dataOf, type Given } from "./given.ts";
import { hostClaim } from "./host.ts";
import type { CryptoKey, KeyParts } from "./key.ts";
import {
  anyKey,
  type CryptoKeyPair,
  checkedKey,
  formatOf,
  keyDataOf,
  keyFor,
  made,
  wishOf,
} from "./key-given.ts";
import { textAsBytes, textOfBytes } from "./key-text.ts";
import { able, has } from "./registry.ts";

type Source = ArrayBuffer | ArrayBufferView<ArrayBuffer>;

/** The members of all algorithms together; which of them one needs is said where it is missing. */
interface Algorithm {
  readonly name: string;
  readonly hash?: string | { readonly name: string };
  /** Of a key, or of a counter: in bits. */
  readonly length?: number;
  readonly namedCurve?: string;
  readonly modulusLength?: number;
  readonly publicExponent?: Uint8Array;
  readonly iv?: Source;
  readonly additionalData?: Source;
  readonly tagLength?: number;
  readonly counter?: Source;
  readonly salt?: Source;
  readonly info?: Source;
  readonly iterations?: number;
  readonly saltLength?: number;
  readonly label?: Source;
  readonly public?: CryptoKey;
}

type AnyAlgorithm = string | Algorithm;
type JsonWebKey = Record<string, unknown>;

const KEY = {};
const toNumber = Number;

export class SubtleCrypto {
  constructor(key: object) {
    if (key !== KEY) throw new TypeError("Cannot make a SubtleCrypto: expected crypto.subtle");
  }

  async digest(algorithm: AnyAlgorithm, data: Source): Promise<ArrayBuffer> {
    const given = algorithmOf(algorithm);
    return able(given, "digest")(given, dataOf(data)).buffer;
  }

  async encrypt(algorithm: AnyAlgorithm, key: CryptoKey, data: Source): Promise<ArrayBuffer> {
    anyKey(key);
    const given = algorithmOf(algorithm);
    const run = able(given, "encrypt");
    return run(given, keyFor(given, key, "encrypt"), dataOf(data)).buffer;
  }

  async decrypt(algorithm: AnyAlgorithm, key: CryptoKey, data: Source): Promise<ArrayBuffer> {
    anyKey(key);
    const given = algorithmOf(algorithm);
    const run = able(given, "decrypt");
    return run(given, keyFor(given, key, "decrypt"), dataOf(data)).buffer;
  }

  async sign(algorithm: AnyAlgorithm, key: CryptoKey, data: Source): Promise<ArrayBuffer> {
    anyKey(key);
    const given = algorithmOf(algorithm);
    const run = able(given, "sign");
    return run(given, keyFor(given, key, "sign"), dataOf(data)).buffer;
  }

  async verify(
    algorithm: AnyAlgorithm,
    key: CryptoKey,
    signature: Source,
    data: Source,
  ): Promise<boolean> {
    anyKey(key);
    const given = algorithmOf(algorithm);
    const run = able(given, "verify");
    const signed = { signature: dataOf(signature, "signature"), data: dataOf(data) };
    return run(given, keyFor(given, key, "verify"), signed);
  }

  async generateKey(
    algorithm: AnyAlgorithm,
    extractable: boolean,
    usages: readonly string[],
  ): Promise<CryptoKey | CryptoKeyPair> {
    const given = algorithmOf(algorithm);
    const wish = wishOf(extractable, usages);
    return made(await able(given, "generateKey")(given, wish));
  }

  async deriveBits(
    algorithm: AnyAlgorithm,
    baseKey: CryptoKey,
    length: number | null = null,
  ): Promise<ArrayBuffer> {
    const given = algorithmOf(algorithm);
    const run = able(given, "deriveBits");
    const bits = length === null ? null : toNumber(length);
    return (await run(given, keyFor(given, baseKey, "deriveBits"), bits)).buffer;
  }

  async deriveKey(
    algorithm: AnyAlgorithm,
    baseKey: CryptoKey,
    derived: AnyAlgorithm,
    extractable: boolean,
    usages: readonly string[],
  ): Promise<CryptoKey> {
    const given = algorithmOf(algorithm);
    const wanted = algorithmOf(derived);
    const run = able(given, "deriveBits");
    const bits = able(wanted, "keyBits")(wanted);
    const wish = wishOf(extractable, usages);
    const bytes = await run(given, keyFor(given, baseKey, "deriveKey"), bits);
    const data = keyDataOf("raw", bytes);
    return checkedKey(able(wanted, "importKey")(wanted, data, wish));
  }

  async importKey(
    format: KeyFormat,
    keyData: Source | JsonWebKey,
    algorithm: AnyAlgorithm,
    extractable: boolean,
    usages: readonly string[],
  ): Promise<CryptoKey> {
    return importKey(formatOf(format), keyData, algorithm, { extractable, usages });
  }

  async exportKey(format: KeyFormat, key: CryptoKey): Promise<ArrayBuffer | JsonWebKey> {
    const exported = exportKey(formatOf(format), anyKey(key));
    return isBytes(exported) ? exported.buffer : exported;
  }

  async wrapKey(
    format: KeyFormat,
    key: CryptoKey,
    wrappingKey: CryptoKey,
    algorithm: AnyAlgorithm,
  ): Promise<ArrayBuffer> {
    const given = algorithmOf(algorithm);
    const by = keyFor(given, wrappingKey, "wrapKey");
    const exported = exportKey(formatOf(format), anyKey(key));
    const data = isBytes(exported) ? exported : textAsBytes(jsonStringify(exported) ?? "");
    return wrap(given, by, data).buffer;
  }

  async unwrapKey(
    format: KeyFormat,
    wrappedKey: Source,
    unwrappingKey: CryptoKey,
    algorithm: AnyAlgorithm,
    unwrapped: AnyAlgorithm,
    extractable: boolean,
    usages: readonly string[],
  ): Promise<CryptoKey> {
    const given = algorithmOf(algorithm);
    const by = keyFor(given, unwrappingKey, "unwrapKey");
    const form = formatOf(format);
    const data = unwrap(given, by, dataOf(wrappedKey, "the wrapped key"));
    const keyData = form === "jwk" ? jwkOf(data) : data;
    return importKey(form, keyData, unwrapped, { extractable, usages });
  }

  /** Whether they are the same, in a time that does not tell where they differ. */
  timingSafeEqual(one: Source, other: Source): boolean {
    return hostClaim("isEqual", [], [dataOf(one), dataOf(other)]);
  }
}

export const subtle = new SubtleCrypto(KEY);

function importKey(
  format: KeyFormat,
  keyData: unknown,
  algorithm: AnyAlgorithm,
  { extractable, usages }: { extractable: unknown; usages: unknown },
): CryptoKey {
  const given = algorithmOf(algorithm);
  const run = able(given, "importKey");
  return checkedKey(run(given, keyDataOf(format, keyData), wishOf(extractable, usages)));
}

function exportKey(format: KeyFormat, key: KeyParts): Bytes | JsonWebKey {
  const run = able(key.algorithm, "exportKey");
  if (!key.extractable) throw invalidAccess("the key is not extractable");
  return run(key, format);
}

const isBytes = (exported: Bytes | JsonWebKey): exported is Bytes => isBufferView(exported);

function wrap(given: Given, key: KeyParts, data: Bytes): Bytes {
  if (has(given.name, "wrap")) return able(given, "wrap")(key, data);
  return able(given, "encrypt")(given, key, data);
}

function unwrap(given: Given, key: KeyParts, data: Bytes): Bytes {
  if (has(given.name, "unwrap")) return able(given, "unwrap")(key, data);
  return able(given, "decrypt")(given, key, data);
}

function jwkOf(data: Bytes): unknown {
  try {
    return jsonParse(textOfBytes(data));
  } catch {
    throw dataError("what was unwrapped is no JWK");
  }
}
