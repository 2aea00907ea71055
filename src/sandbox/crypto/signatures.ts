// Signatures with a private key, which a public key verifies.

import { constants, type KeyObject, type SigningOptions, sign, verify } from "node:crypto";
import { type CryptoCall, count, hashOf, type Operation, part, word } from "./crypto-call.ts";
import { CryptoFault } from "./crypto-fault.ts";
import { asClaim } from "./digests.ts";

/** Salts of RSA-PSS are as long as a hash, or a little longer. */
const SALT_BYTES_MAX = 512;

interface Scheme {
  readonly hash: string | null;
  readonly options: SigningOptions;
}

/** algorithm, kind of the key, hash, bytes of the salt */
function schemeOf(call: CryptoCall): Scheme {
  switch (word(call, 0)) {
    case "RSASSA-PKCS1-v1_5":
      return { hash: hashOf(word(call, 2)), options: { padding: constants.RSA_PKCS1_PADDING } };
    case "RSA-PSS": {
      const saltLength = count(call, 3, SALT_BYTES_MAX);
      const options = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
      return { hash: hashOf(word(call, 2)), options };
    }
    case "ECDSA":
      return { hash: hashOf(word(call, 2)), options: { dsaEncoding: "ieee-p1363" } };
    case "Ed25519":
      return { hash: null, options: {} };
    default:
      throw new CryptoFault("NotSupportedError", "there is no such algorithm");
  }
}

const withOptions = (key: KeyObject, { options }: Scheme) => ({ key, ...options });

export const SIGNATURES: Readonly<Record<string, Operation>> = {
  /** key, data */
  sign: (call) => {
    const scheme = schemeOf(call);
    const key = call.keys.private(word(call, 1), part(call, 0));
    return sign(scheme.hash, part(call, 1), withOptions(key, scheme));
  },

  /** key, signature, data: 1 or nothing */
  verify: (call) => {
    const scheme = schemeOf(call);
    const key = call.keys.public(word(call, 1), part(call, 0));
    return asClaim(verify(scheme.hash, part(call, 2), withOptions(key, scheme), part(call, 1)));
  },
};
