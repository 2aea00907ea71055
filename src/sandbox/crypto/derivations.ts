// Bits that are derived from a password, a key or a pair of keys.

import { diffieHellman, hkdfSync, pbkdf2Sync } from "node:crypto";
import { CRYPTO_LIMITS, HASH_BITS } from "../../wire/crypto.ts";
import { count, hashOf, type Operation, part, word } from "./crypto-call.ts";
import { CryptoFault } from "./crypto-fault.ts";

const { derivedBytes, roundsAtOnce } = CRYPTO_LIMITS;

export const DERIVATIONS: Readonly<Record<string, Operation>> = {
  /** hash, bytes; key, salt, info */
  hkdf: (call) => {
    const bytes = count(call, 1, derivedBytes);
    const hash = hashOf(word(call, 0));
    return Buffer.from(hkdfSync(hash, part(call, 0), part(call, 1), part(call, 2), bytes));
  },

  /** hash, bytes, rounds; key, salt */
  pbkdf2: (call) => {
    const hash = hashOf(word(call, 0));
    const bytes = count(call, 1, derivedBytes);
    const rounds = count(call, 2, roundsAtOnce);
    if (rounds * blocksOf(word(call, 0), bytes) > roundsAtOnce || rounds === 0) {
      throw new CryptoFault("OperationError", "expected fewer rounds at once");
    }
    return pbkdf2Sync(part(call, 0), part(call, 1), rounds, bytes, hash);
  },

  /** kind of the keys; private key, public key of the other side */
  agree: (call) => {
    const kind = word(call, 0);
    const privateKey = call.keys.private(kind, part(call, 0));
    return diffieHellman({ privateKey, publicKey: call.keys.public(kind, part(call, 1)) });
  },
};

/** Each costs all of the rounds. */
const blocksOf = (hash: string, bytes: number): number =>
  Math.ceil((bytes * 8) / (HASH_BITS[hash] ?? 1));
