// Bits from what is no key yet: HKDF, and PBKDF2, whose work may take longer than a hook may.

import { ASK } from "../../../src/wire/asks.ts";
import { CRYPTO_LIMITS } from "../../../src/wire/crypto.ts";
import { NativeUint8Array } from "../primordials.ts";
import type { Algorithm, Bytes } from "./algorithm.ts";
import { notSupported, operationError, syntaxError } from "./fault.ts";
import { bytesIn, type Given, hashBits, hashIn, numberIn } from "./given.ts";
import { hostBytes } from "./host.ts";
import { longWork } from "./long-work.ts";
import { secretBytes, secretKey } from "./secret-key.ts";
import { checkUsages } from "./usages.ts";

const { ceil } = Math;
const { derivedBytes, rounds: ROUNDS_MAX, roundsAtOnce } = CRYPTO_LIMITS;

function bytesOfBits(given: Given, bits: number | null): number {
  if (bits === null || bits % 8 !== 0) {
    throw operationError(`${given.name}: expected a length of whole bytes`);
  }
  if (bits / 8 > derivedBytes) {
    throw operationError(`${given.name}: at most ${derivedBytes} bytes are derived at once`);
  }
  return bits / 8;
}

const source: Algorithm = {
  keyBits: () => null,
  importKey(given, data, wish) {
    if (data.format !== "raw") throw notSupported(`${given.name}: expected the format raw`);
    checkUsages(wish.usages, ["deriveKey", "deriveBits"]);
    if (wish.extractable) throw syntaxError(`${given.name}: expected extractable to be false`);
    return secretKey({ name: given.name }, secretBytes(data, wish, null), wish);
  },
};

export const hkdf: Algorithm = {
  ...source,
  deriveBits(given, key, bits) {
    const hash = hashIn(given);
    const parts = [key.bytes, bytesIn(given, "salt"), bytesIn(given, "info")];
    const length = bytesOfBits(given, bits);
    if (length * 8 > 255 * hashBits(hash)) {
      throw operationError(`HKDF: at most 255 times the bits of ${hash}`);
    }
    return length === 0 ? new NativeUint8Array(0) : hostBytes("hkdf", [hash, length], parts);
  },
};

export const pbkdf2: Algorithm = {
  ...source,
  deriveBits(given, key, bits) {
    const hash = hashIn(given);
    const salt = bytesIn(given, "salt");
    const rounds = numberIn(given, "iterations", Number.MAX_SAFE_INTEGER);
    if (rounds === 0) throw operationError("PBKDF2: expected iterations");
    if (rounds > ROUNDS_MAX) throw operationError(`PBKDF2: at most ${ROUNDS_MAX} iterations`);
    const length = bytesOfBits(given, bits);
    if (length === 0) return new NativeUint8Array(0);
    const work = rounds * ceil((length * 8) / hashBits(hash));
    if (work > ROUNDS_MAX) {
      const most = `at most ${ROUNDS_MAX} iterations for all blocks of the hash together`;
      throw operationError(`PBKDF2: ${most}`);
    }
    const words = [hash, length, rounds] as const;
    if (work <= roundsAtOnce) return hostBytes("pbkdf2", words, [key.bytes, salt]);
    return derivedElsewhere(words, [key.bytes, salt], work);
  },
};

/** Rounds in a millisecond: fewer than any machine of today does. */
const ROUNDS_IN_MS = 4_000;

const derivedElsewhere = async (
  words: readonly (string | number)[],
  parts: readonly Bytes[],
  work: number,
): Promise<Bytes> => {
  const wish = { name: "PBKDF2", kind: ASK.pbkdf2, words, parts, ms: work / ROUNDS_IN_MS };
  return (await longWork(wish)).bytes;
};
