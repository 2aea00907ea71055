// AES in its modes.

import { NativeUint8Array, stringSlice, typedArrayLength } from "../primordials.ts";
import type { Algorithm, Bytes } from "./algorithm.ts";
import { dataError, operationError } from "./fault.ts";
import { bytesIn, bytesOrNone, type Given, numberIn } from "./given.ts";
import { hostBytes } from "./host.ts";
import { includes, type KeyParts, type KeyUsage } from "./key.ts";
import { fillRandom } from "./random.ts";
import { exportSecret, type SecretJwk, secretBytes, secretKey } from "./secret-key.ts";
import { checkUsages } from "./usages.ts";

const SIZES = [128, 192, 256];
const CIPHER: readonly KeyUsage[] = ["encrypt", "decrypt", "wrapKey", "unwrapKey"];
const BLOCK_BYTES = 16;

/** `A128GCM` for AES-GCM. */
const jwkOf = (name: string): SecretJwk => ({
  alg: (bits) => `A${bits}${stringSlice(name, 4)}`,
  use: "enc",
});

function bitsIn(given: Given): number {
  const bits = numberIn(given, "length", 65_535);
  if (includes(SIZES, bits)) return bits;
  throw operationError(`${given.name}: expected a length of 128, 192 or 256 bits`);
}

/** What modes share: how keys come to be. */
function withKeys(usages: readonly KeyUsage[], mode: Algorithm): Algorithm {
  return {
    ...mode,
    keyBits: bitsIn,
    generateKey(given, wish) {
      checkUsages(wish.usages, usages);
      const length = bitsIn(given);
      const bytes = new NativeUint8Array(length / 8);
      fillRandom(bytes);
      return secretKey({ name: given.name, length }, bytes, wish);
    },
    importKey(given, data, wish) {
      checkUsages(wish.usages, usages);
      const bytes = secretBytes(data, wish, jwkOf(given.name));
      const length = typedArrayLength(bytes) * 8;
      if (!includes(SIZES, length)) {
        throw dataError(`${given.name}: expected a key of 128, 192 or 256 bits`);
      }
      return secretKey({ name: given.name, length }, bytes, wish);
    },
    exportKey: (key, format) => exportSecret(key, format, jwkOf(key.algorithm.name)),
  };
}

type Run = (given: Given, key: KeyParts, data: Bytes) => Bytes;

function blockIn(given: Given, member: string): Bytes {
  const block = bytesIn(given, member);
  if (typedArrayLength(block) === BLOCK_BYTES) return block;
  throw operationError(`${given.name}: expected ${member} to be ${BLOCK_BYTES} bytes`);
}

const cbc =
  (operation: string): Run =>
  (given, key, data) =>
    hostBytes(`${operation} AES-CBC`, [], [key.bytes, blockIn(given, "iv"), data]);

const ctr =
  (operation: string): Run =>
  (given, key, data) => {
    const block = blockIn(given, "counter");
    const bits = numberIn(given, "length", 255);
    if (bits === 0 || bits > 128) {
      throw operationError("AES-CTR: expected a length from 1 to 128 bits");
    }
    return hostBytes(`${operation} AES-CTR`, [bits], [key.bytes, block, data]);
  };

const TAG_BITS = [32, 64, 96, 104, 112, 120, 128];

const gcm =
  (operation: string): Run =>
  (given, key, data) => {
    const iv = bytesIn(given, "iv");
    const more = bytesOrNone(given, "additionalData");
    const bits = given.members.tagLength === undefined ? 128 : numberIn(given, "tagLength", 255);
    if (!includes(TAG_BITS, bits)) {
      throw operationError("AES-GCM: expected a tagLength of 32, 64, 96, 104, 112, 120 or 128");
    }
    if (typedArrayLength(iv) === 0) throw operationError("AES-GCM: expected an iv");
    return hostBytes(`${operation} AES-GCM`, [bits / 8], [key.bytes, iv, more, data]);
  };

export const aesCbc = withKeys(CIPHER, { encrypt: cbc("encrypt"), decrypt: cbc("decrypt") });
export const aesCtr = withKeys(CIPHER, { encrypt: ctr("encrypt"), decrypt: ctr("decrypt") });
export const aesGcm = withKeys(CIPHER, { encrypt: gcm("encrypt"), decrypt: gcm("decrypt") });

const wrapping =
  (operation: string) =>
  (key: KeyParts, data: Bytes): Bytes => {
    if (typedArrayLength(data) % 8 !== 0) {
      throw operationError("AES-KW: expected a multiple of 8 bytes");
    }
    return hostBytes(`${operation} AES-KW`, [], [key.bytes, data]);
  };

export const aesKw = withKeys(["wrapKey", "unwrapKey"], {
  wrap: wrapping("encrypt"),
  unwrap: wrapping("decrypt"),
});
