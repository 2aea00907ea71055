// Pairs of keys that are made at once. Those of RSA take long, and are made elsewhere.

import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { type Operation, word } from "./crypto-call.ts";
import { CryptoFault } from "./crypto-fault.ts";
import { derOf } from "./key-formats.ts";

interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

function pairOf(kind: string): Pair {
  switch (kind) {
    case "P-256":
    case "P-384":
    case "P-521":
      return generateKeyPairSync("ec", { namedCurve: kind });
    case "Ed25519":
      return generateKeyPairSync("ed25519");
    case "X25519":
      return generateKeyPairSync("x25519");
    default:
      throw new CryptoFault("NotSupportedError", "there is no such curve");
  }
}

export const GENERATION: Readonly<Record<string, Operation>> = {
  /** kind: public key, private key */
  generate: (call) => {
    const { publicKey, privateKey } = pairOf(word(call, 0));
    return { bytes: [derOf(publicKey), derOf(privateKey)], words: [] };
  },
};
