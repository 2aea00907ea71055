// RSA: signatures in two schemes, and encryption.

import { ASK } from "../../../src/wire/asks.ts";
import { CRYPTO_LIMITS, RSA_EXPONENTS } from "../../../src/wire/crypto.ts";
import { NativeUint8Array, stringSlice, typedArrayLength } from "../primordials.ts";
import type { Algorithm, Bytes, KeyWish } from "./algorithm.ts";
import {
  checkPairUsages,
  exportAsymmetric,
  importAsymmetric,
  type KeyKind,
  pairOf,
} from "./asymmetric-key.ts";
import { operationError } from "./fault.ts";
import { bytesIn, bytesOrNone, type Given, hashIn, numberIn } from "./given.ts";
import { hostBytes, hostClaim } from "./host.ts";
import { includes, type KeyAlgorithm, type KeyParts, type KeyUsage } from "./key.ts";
import { longWork } from "./long-work.ts";

const { rsaBits, rsaBitsMax } = CRYPTO_LIMITS;
const toNumber = Number;

interface Use {
  readonly publicUsages: readonly KeyUsage[];
  readonly privateUsages: readonly KeyUsage[];
  readonly allUsages: readonly KeyUsage[];
  readonly use: "sig" | "enc";
  /** JWK's name, with the number of a hash, or nothing for SHA-1 where it says so. */
  readonly alg: (digits: string) => string;
}

const SIGN: Omit<Use, "alg"> = {
  publicUsages: ["verify"],
  privateUsages: ["sign"],
  allUsages: ["verify", "sign"],
  use: "sig",
};

const USES: Readonly<Record<string, Use>> = {
  "RSASSA-PKCS1-v1_5": { ...SIGN, alg: (digits) => `RS${digits}` },
  "RSA-PSS": { ...SIGN, alg: (digits) => `PS${digits}` },
  "RSA-OAEP": {
    publicUsages: ["encrypt", "wrapKey"],
    privateUsages: ["decrypt", "unwrapKey"],
    allUsages: ["encrypt", "wrapKey", "decrypt", "unwrapKey"],
    use: "enc",
    alg: (digits) => (digits === "1" ? "RSA-OAEP" : `RSA-OAEP-${digits}`),
  },
};

const MEMBERS = { shown: ["n", "e"], hidden: ["d", "p", "q", "dp", "dq", "qi"] };

function kindOf(name: string, hash: string): KeyKind {
  const { publicUsages, privateUsages, allUsages, use, alg } = USES[name] as Use;
  const jwk = { kty: "RSA", alg: alg(stringSlice(hash, 4)), use };
  const shape = { kind: "RSA", curve: null, members: MEMBERS, hasRaw: false };
  return { ...shape, publicUsages, privateUsages, allUsages, jwk, exportedAlg: jwk.alg };
}

const hashOf = ({ algorithm }: KeyParts): string => algorithm.hash?.name ?? "";

const keys: Algorithm = {
  importKey(given, data, wish) {
    const hash = hashIn(given);
    const { type, bytes, modulusLength, exponent } = importAsymmetric(
      kindOf(given.name, hash),
      data,
      wish,
    );
    const algorithm = {
      ...{ name: given.name, modulusLength, publicExponent: bytesOfHex(exponent) },
      hash: { name: hash },
    };
    return { type, algorithm, bytes, extractable: wish.extractable, usages: wish.usages };
  },

  exportKey: (key, format) =>
    exportAsymmetric(kindOf(key.algorithm.name, hashOf(key)), key, format),

  async generateKey(given, wish) {
    const hash = hashIn(given);
    const kind = kindOf(given.name, hash);
    checkPairUsages(kind, wish);
    return pairOf(kind, await makePair(given, hash, wish), wish);
  },
};

async function makePair(given: Given, hash: string, _wish: KeyWish) {
  const modulusLength = numberIn(given, "modulusLength", 1_000_000);
  if (modulusLength < rsaBits || modulusLength > rsaBitsMax || modulusLength % 8 !== 0) {
    throw operationError(`${given.name}: expected a modulusLength of ${rsaBits} to ${rsaBitsMax}`);
  }
  const publicExponent = bytesIn(given, "publicExponent");
  const exponent = numberOf(publicExponent);
  if (!includes<number>(RSA_EXPONENTS, exponent)) {
    throw operationError(`${given.name}: expected a publicExponent of 3, 17, 37 or 65537`);
  }
  const algorithm: KeyAlgorithm = {
    ...{ name: given.name, modulusLength, publicExponent, hash: { name: hash } },
  };
  // 34 ms for 2,048 bits where it was measured, eight times as long for twice as many
  const ms = 10 * (modulusLength / 2_048) ** 3;
  const words = [modulusLength, exponent];
  const made = await longWork({ name: "generateKey", kind: ASK.rsaPair, words, parts: [], ms });
  const cut = toNumber(made.words[1]);
  return { algorithm, bytes: [part(made.bytes, 0, cut), part(made.bytes, cut)] };
}

const part = (bytes: Bytes, from: number, to = typedArrayLength(bytes)): Bytes => {
  const copy = new NativeUint8Array(to - from);
  for (let i = from; i < to; i++) copy[i - from] = bytes[i] ?? 0;
  return copy;
};

function numberOf(bytes: Uint8Array): number {
  let number = 0;
  for (let i = 0; i < typedArrayLength(bytes); i++) number = number * 256 + (bytes[i] ?? 0);
  return number;
}

function bytesOfHex(hex: string): Bytes {
  const digits = hex.length % 2 === 0 ? hex : `0${hex}`;
  const bytes = new NativeUint8Array(digits.length / 2);
  for (let i = 0; i < digits.length; i += 2) {
    bytes[i / 2] = toNumber(`0x${stringSlice(digits, i, i + 2)}`);
  }
  return bytes;
}

const signing: Algorithm = {
  ...keys,
  sign: (given, key, data) => hostBytes("sign", schemeOf(given, key), [key.bytes, data]),
  verify: (given, key, { signature, data }) =>
    hostClaim("verify", schemeOf(given, key), [key.bytes, signature, data]),
};

const schemeOf = (given: Given, key: KeyParts): readonly (string | number)[] =>
  given.name === "RSA-PSS"
    ? [given.name, "RSA", hashOf(key), numberIn(given, "saltLength", 512)]
    : [given.name, "RSA", hashOf(key)];

export const rsaPkcs1 = signing;
export const rsaPss = signing;

export const rsaOaep: Algorithm = {
  ...keys,
  encrypt: (given, key, data) =>
    hostBytes("encrypt RSA-OAEP", [hashOf(key)], [key.bytes, bytesOrNone(given, "label"), data]),
  decrypt: (given, key, data) =>
    hostBytes("decrypt RSA-OAEP", [hashOf(key)], [key.bytes, bytesOrNone(given, "label"), data]),
};
