// What an algorithm can do, as `crypto.subtle` asks it: each of its files makes one of these.

import type { Given } from "./given.ts";
import type { KeyParts, KeyUsage } from "./key.ts";

export type Bytes = Uint8Array<ArrayBuffer>;
export type KeyFormat = "raw" | "pkcs8" | "spki" | "jwk";

/** What is imported: bytes, or the members of a JWK. */
export interface KeyData {
  readonly format: KeyFormat;
  readonly bytes: Bytes;
  readonly jwk: Readonly<Record<string, unknown>>;
}

export interface KeyWish {
  readonly extractable: boolean;
  readonly usages: readonly KeyUsage[];
}

export type KeyPairParts = { readonly publicKey: KeyParts; readonly privateKey: KeyParts };
export type Generated = KeyParts | KeyPairParts;

export interface Algorithm {
  digest?(given: Given, data: Bytes): Bytes;
  encrypt?(given: Given, key: KeyParts, data: Bytes): Bytes;
  decrypt?(given: Given, key: KeyParts, data: Bytes): Bytes;
  sign?(given: Given, key: KeyParts, data: Bytes): Bytes;
  verify?(given: Given, key: KeyParts, signed: { signature: Bytes; data: Bytes }): boolean;
  deriveBits?(given: Given, key: KeyParts, bits: number | null): Bytes | Promise<Bytes>;
  /** Bits of a key that is derived; null: as many as there are. */
  keyBits?(given: Given): number | null;
  generateKey?(given: Given, wish: KeyWish): Generated | Promise<Generated>;
  importKey?(given: Given, data: KeyData, wish: KeyWish): KeyParts;
  exportKey?(key: KeyParts, format: KeyFormat): Bytes | Readonly<Record<string, unknown>>;
  /** In place of `encrypt` and `decrypt`, for keys alone. */
  wrap?(key: KeyParts, data: Bytes): Bytes;
  unwrap?(key: KeyParts, data: Bytes): Bytes;
}
