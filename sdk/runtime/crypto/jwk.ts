// JSON Web Keys (RFC 7517): what their common members say of a key, and the members that are bytes.

import { arrayIsArray, arrayPush, regexpExec, uncurry } from "../primordials.ts";
import type { Bytes, KeyData, KeyWish } from "./algorithm.ts";
import { dataError } from "./fault.ts";
import { includes, type KeyParts, type KeyUsage } from "./key.ts";

const toBase64: (bytes: Uint8Array, options: object) => string = uncurry(
  Uint8Array.prototype.toBase64,
);
const fromBase64 = Uint8Array.fromBase64.bind(Uint8Array);
const URL_SAFE = { alphabet: "base64url", omitPadding: true, __proto__: null } as const;
const TO_READ = { alphabet: "base64url", __proto__: null } as const;
const BASE64URL = /^[\w-]*$/;

export interface JwkRule {
  readonly kty: string;
  /** Null: any, or none. */
  readonly alg: string | null;
  /** What `use` must say, if it says something. */
  readonly use: "sig" | "enc";
}

/** Throws a DataError if the members that all keys have do not allow the import. */
export function checkJwk({ jwk }: KeyData, rule: JwkRule, wish: KeyWish): void {
  const { kty, alg, use, ext, key_ops: operations } = jwk;
  if (kty !== rule.kty) throw dataError(`the JWK's kty: expected ${rule.kty}`);
  if (alg !== undefined && rule.alg !== null && alg !== rule.alg) {
    throw dataError(`the JWK's alg: expected ${rule.alg}`);
  }
  if (use !== undefined && wish.usages.length > 0 && use !== rule.use) {
    throw dataError(`the JWK's use: expected ${rule.use}`);
  }
  if (ext === false && wish.extractable) throw dataError("the JWK's ext is false");
  if (operations === undefined) return;
  if (!arrayIsArray(operations)) throw dataError("the JWK's key_ops: expected a list");
  for (let i = 0; i < wish.usages.length; i++) {
    if (includes(operations, wish.usages[i])) continue;
    throw dataError(`the JWK's key_ops do not have ${wish.usages[i]}`);
  }
}

/** A member that is base64url. */
export function textIn({ jwk }: KeyData, member: string): string {
  const text = jwk[member];
  if (typeof text === "string" && regexpExec(BASE64URL, text) !== null) return text;
  throw dataError(`the JWK's ${member}: expected base64url`);
}

export function bytesIn(data: KeyData, member: string): Bytes {
  const text = textIn(data, member);
  try {
    return fromBase64(text, TO_READ);
  } catch {
    throw dataError(`the JWK's ${member}: expected base64url`);
  }
}

export const base64url = (bytes: Uint8Array): string => toBase64(bytes, URL_SAFE);

/** The members that all keys have. */
export function commonJwk(key: KeyParts): Record<string, unknown> {
  const operations: KeyUsage[] = [];
  for (let i = 0; i < key.usages.length; i++) arrayPush(operations, key.usages[i] as KeyUsage);
  return { key_ops: operations, ext: key.extractable };
}
