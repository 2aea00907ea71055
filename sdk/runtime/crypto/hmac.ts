// Digests, and HMAC.

import { NativeUint8Array, stringSlice, typedArrayLength } from "../primordials.ts";
import type { Algorithm } from "./algorithm.ts";
import { dataError, operationError } from "./fault.ts";
import { type Given, hashIn, numberIn } from "./given.ts";
import { hostBytes, hostClaim } from "./host.ts";
import type { KeyParts } from "./key.ts";
import { fillRandom } from "./random.ts";
import { exportSecret, type SecretJwk, secretBytes, secretKey } from "./secret-key.ts";
import { checkUsages } from "./usages.ts";

export const digest: Algorithm = {
  digest: ({ name }, data) => hostBytes("digest", [name], [data]),
};

/** More than any hash takes in at once. */
const KEY_BITS_MAX = 65_536;

/** `HS256` for SHA-256. */
const jwkOf = (hash: string): SecretJwk => ({ alg: () => `HS${stringSlice(hash, 4)}`, use: "sig" });

const hashOf = ({ algorithm }: KeyParts): string => algorithm.hash?.name ?? "";

const algorithmOf = (hash: string, length: number) => ({
  name: "HMAC",
  hash: { name: hash },
  length,
});

function bitsIn(given: Given, hash: string): number {
  if (given.members.length === undefined) {
    return hash === "SHA-384" || hash === "SHA-512" ? 1024 : 512;
  }
  const bits = numberIn(given, "length", KEY_BITS_MAX);
  if (bits === 0 || bits % 8 !== 0) {
    throw operationError("HMAC: expected a length of whole bytes above 0");
  }
  return bits;
}

export const hmac: Algorithm = {
  sign: (_given, key, data) => hostBytes("mac", [hashOf(key)], [key.bytes, data]),

  verify: (_given, key, { signature, data }) =>
    hostClaim("checkMac", [hashOf(key)], [key.bytes, signature, data]),

  keyBits: (given) => bitsIn(given, hashIn(given)),

  generateKey(given, wish) {
    const hash = hashIn(given);
    checkUsages(wish.usages, ["sign", "verify"]);
    const bits = bitsIn(given, hash);
    const bytes = new NativeUint8Array(bits / 8);
    fillRandom(bytes);
    return secretKey(algorithmOf(hash, bits), bytes, wish);
  },

  importKey(given, data, wish) {
    const hash = hashIn(given);
    checkUsages(wish.usages, ["sign", "verify"]);
    const bytes = secretBytes(data, wish, jwkOf(hash));
    const bits = typedArrayLength(bytes) * 8;
    if (bits === 0) throw dataError("HMAC: expected a key that is not empty");
    if (given.members.length !== undefined && numberIn(given, "length", KEY_BITS_MAX) !== bits) {
      throw dataError("HMAC: expected a length that is the key's");
    }
    return secretKey(algorithmOf(hash, bits), bytes, wish);
  },

  exportKey: (key, format) => exportSecret(key, format, jwkOf(hashOf(key))),
};
