// Keys that are nothing but bytes: of HMAC, AES, and what others are derived from.

import { typedArrayLength } from "../primordials.ts";
import type { Bytes, KeyData, KeyFormat, KeyWish } from "./algorithm.ts";
import { notSupported } from "./fault.ts";
import { base64url, bytesIn, checkJwk, commonJwk } from "./jwk.ts";
import type { KeyAlgorithm, KeyParts } from "./key.ts";

export interface SecretJwk {
  /** By the bits of the key. */
  readonly alg: (bits: number) => string | null;
  readonly use: "sig" | "enc";
}

/** The bytes of an import; null where the algorithm has no JWK. */
export function secretBytes(data: KeyData, wish: KeyWish, jwk: SecretJwk | null): Bytes {
  if (data.format === "raw") return data.bytes;
  if (data.format !== "jwk" || jwk === null) {
    throw notSupported(`expected another format than ${data.format} for a secret key`);
  }
  checkJwk(data, { kty: "oct", alg: null, use: jwk.use }, wish);
  const bytes = bytesIn(data, "k");
  checkJwk(data, { kty: "oct", alg: jwk.alg(typedArrayLength(bytes) * 8), use: jwk.use }, wish);
  return bytes;
}

export function exportSecret(
  key: KeyParts,
  format: KeyFormat,
  jwk: SecretJwk,
): Bytes | Record<string, unknown> {
  if (format === "raw") return key.bytes;
  if (format !== "jwk") throw notSupported(`a secret key has no format ${format}`);
  const alg = jwk.alg(typedArrayLength(key.bytes) * 8);
  return {
    ...commonJwk(key),
    kty: "oct",
    k: base64url(key.bytes),
    ...(alg === null ? {} : { alg }),
  };
}

export const secretKey = (algorithm: KeyAlgorithm, bytes: Bytes, wish: KeyWish): KeyParts => ({
  ...{ type: "secret", algorithm, bytes },
  extractable: wish.extractable,
  usages: wish.usages,
});
