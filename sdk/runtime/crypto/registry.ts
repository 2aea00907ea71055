// The algorithms of `crypto.subtle` by their names. It is an allow-list: what the host's library
// can do beyond these is nobody's here.

import { mapGet } from "../primordials.ts";
import { aesCbc, aesCtr, aesGcm, aesKw } from "./aes.ts";
import type { Algorithm } from "./algorithm.ts";
import { ecdh, ecdsa, ed25519, x25519 } from "./curves.ts";
import { hkdf, pbkdf2 } from "./derive.ts";
import { notSupported } from "./fault.ts";
import type { Given } from "./given.ts";
import { digest, hmac } from "./hmac.ts";
import { rsaOaep, rsaPkcs1, rsaPss } from "./rsa.ts";

const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map([
  ["SHA-1", digest],
  ["SHA-256", digest],
  ["SHA-384", digest],
  ["SHA-512", digest],
  ["HMAC", hmac],
  ["AES-CBC", aesCbc],
  ["AES-CTR", aesCtr],
  ["AES-GCM", aesGcm],
  ["AES-KW", aesKw],
  ["HKDF", hkdf],
  ["PBKDF2", pbkdf2],
  ["RSASSA-PKCS1-v1_5", rsaPkcs1],
  ["RSA-PSS", rsaPss],
  ["RSA-OAEP", rsaOaep],
  ["ECDSA", ecdsa],
  ["ECDH", ecdh],
  ["Ed25519", ed25519],
  ["X25519", x25519],
]);

/** What an algorithm does for a method; throws if there is no such thing. */
export function able<M extends keyof Algorithm>(
  { name }: Pick<Given, "name">,
  method: M,
): NonNullable<Algorithm[M]> {
  const found = mapGet(ALGORITHMS, name)?.[method];
  if (found === undefined) throw notSupported(`${name} has no ${method}`);
  return found;
}

export const has = (name: string, method: keyof Algorithm): boolean =>
  mapGet(ALGORITHMS, name)?.[method] !== undefined;
