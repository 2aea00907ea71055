// Elliptic curves: ECDSA and ECDH on those of NIST, Ed25519 and X25519.

import { NativeUint8Array, stringSlice, typedArrayLength } from "../primordials.ts";
import type { Algorithm, KeyData } from "./algorithm.ts";
import {
  checkPairUsages,
  exportAsymmetric,
  importAsymmetric,
  type KeyKind,
  pairOf,
} from "./asymmetric-key.ts";
import { dataError, invalidAccess, notSupported, operationError } from "./fault.ts";
import { type Given, hashIn } from "./given.ts";
import { hostBytes, hostClaim, hostResult } from "./host.ts";
import { type KeyAlgorithm, type KeyParts, type KeyUsage, partsIn } from "./key.ts";

const { ceil } = Math;

const CURVES = ["P-256", "P-384", "P-521"];

const SIGN = {
  publicUsages: ["verify"],
  privateUsages: ["sign"],
  allUsages: ["verify", "sign"],
} as const;
const AGREE = {
  publicUsages: [] as readonly KeyUsage[],
  privateUsages: ["deriveKey", "deriveBits"],
  allUsages: ["deriveKey", "deriveBits"],
} as const;

function curveIn({ name, members }: Given): string {
  const curve = members.namedCurve;
  if (curve === undefined) throw new TypeError(`${name}: expected a namedCurve`);
  for (let i = 0; i < CURVES.length; i++) if (CURVES[i] === curve) return CURVES[i] ?? "";
  throw notSupported(`${name}: expected a namedCurve of P-256, P-384 or P-521`);
}

type KindOf = (name: string, curve: string) => KeyKind;

const ec: KindOf = (name, curve) => ({
  ...(name === "ECDSA" ? SIGN : AGREE),
  ...{ kind: curve, curve, hasRaw: true, members: { shown: ["x", "y"], hidden: ["d"] } },
  jwk: { kty: "EC", alg: null, use: name === "ECDSA" ? "sig" : "enc" },
  exportedAlg: null,
});

const okp: KindOf = (name) => ({
  ...(name === "Ed25519" ? SIGN : AGREE),
  ...{ kind: name, curve: name, hasRaw: true, members: { shown: ["x"], hidden: ["d"] } },
  jwk: { kty: "OKP", alg: null, use: name === "Ed25519" ? "sig" : "enc" },
  exportedAlg: name === "Ed25519" ? name : null,
});

function withKeys(kindOf: KindOf, hasCurve: boolean, more: Algorithm): Algorithm {
  const algorithmOf = (given: Given): KeyAlgorithm =>
    hasCurve ? { name: given.name, namedCurve: curveIn(given) } : { name: given.name };
  const kindFor = ({ name, namedCurve }: KeyAlgorithm): KeyKind => kindOf(name, namedCurve ?? "");
  return {
    ...more,
    importKey(given, data, wish) {
      const algorithm = algorithmOf(given);
      const kind = kindFor(algorithm);
      checkCurveAlg(kind, data);
      const { type, bytes } = importAsymmetric(kind, data, wish);
      return { type, algorithm, bytes, extractable: wish.extractable, usages: wish.usages };
    },
    exportKey(key, format) {
      return exportAsymmetric(kindFor(key.algorithm), key, format);
    },
    generateKey(given, wish) {
      const algorithm = algorithmOf(given);
      const kind = kindFor(algorithm);
      checkPairUsages(kind, wish);
      return pairOf(
        kind,
        { algorithm, bytes: hostResult("generate", [kind.kind], [], 2).bytes },
        wish,
      );
    },
  };
}

/** `ES256` and the like, by the curve; `EdDSA`. */
function checkCurveAlg({ kind, jwk }: KeyKind, { format, jwk: given }: KeyData): void {
  if (format !== "jwk" || given.alg === undefined || jwk.use !== "sig") return;
  const digits = stringSlice(kind, 2);
  const expected = kind === "P-521" ? "ES512" : `ES${digits}`;
  const isFine =
    kind === "Ed25519" ? given.alg === "EdDSA" || given.alg === kind : given.alg === expected;
  if (!isFine) throw dataError(`the JWK's alg is none of ${kind}`);
}

const curveOf = ({ algorithm }: KeyParts): string => algorithm.namedCurve ?? algorithm.name;

export const ecdsa = withKeys(ec, true, {
  sign: (given, key, data) =>
    hostBytes("sign", ["ECDSA", curveOf(key), hashIn(given)], [key.bytes, data]),
  verify: (given, key, { signature, data }) =>
    hostClaim("verify", ["ECDSA", curveOf(key), hashIn(given)], [key.bytes, signature, data]),
});

export const ed25519 = withKeys(okp, false, {
  sign: (_given, key, data) => hostBytes("sign", ["Ed25519", "Ed25519"], [key.bytes, data]),
  verify: (_given, key, { signature, data }) =>
    hostClaim("verify", ["Ed25519", "Ed25519"], [key.bytes, signature, data]),
});

const agreement: Algorithm = {
  deriveBits(given, key, bits) {
    const other = partsIn(given.members.public);
    if (other === null) throw new TypeError(`${given.name}: expected a CryptoKey as public`);
    if (key.type !== "private") throw invalidAccess(`${given.name}: expected a private key`);
    if (other.type !== "public" || other.algorithm.name !== key.algorithm.name) {
      throw invalidAccess(`${given.name}: expected a public key of ${given.name}`);
    }
    if (curveOf(other) !== curveOf(key)) {
      throw invalidAccess(`${given.name}: expected both keys to be of one curve`);
    }
    const secret = hostBytes("agree", [curveOf(key)], [key.bytes, other.bytes]);
    return bits === null ? secret : firstBits(given.name, secret, bits);
  },
};

function firstBits(name: string, secret: Uint8Array<ArrayBuffer>, bits: number) {
  const length = ceil(bits / 8);
  const most = typedArrayLength(secret);
  if (!(length <= most)) throw operationError(`${name}: there are ${most * 8} bits`);
  const first = new NativeUint8Array(length);
  for (let i = 0; i < length; i++) first[i] = secret[i] ?? 0;
  const rest = bits % 8;
  if (rest !== 0) first[length - 1] = (first[length - 1] ?? 0) & (0xff << (8 - rest));
  return first;
}

export const ecdh = withKeys(ec, true, agreement);
export const x25519 = withKeys(okp, false, agreement);
