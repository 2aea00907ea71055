// A call of `crypto.subtle` as the host's operations see it.

import { CryptoFault } from "./crypto-fault.ts";
import type { KeyCache } from "./key-cache.ts";

export interface CryptoCall {
  readonly words: readonly string[];
  /** In a window that the script gets at when the call is over, and not before. */
  readonly parts: readonly Buffer[];
  readonly keys: KeyCache;
}

/** Bytes, or several of them and words. */
export type CryptoResult =
  | Buffer
  | { readonly bytes: readonly Buffer[]; readonly words: readonly string[] };

export type Operation = (call: CryptoCall) => CryptoResult;

export const part = ({ parts }: CryptoCall, index: number): Buffer => parts[index] ?? NONE;
export const word = ({ words }: CryptoCall, index: number): string => words[index] ?? "";

/** A word that is a whole number, from 0. */
export function count(call: CryptoCall, index: number, most: number): number {
  const text = word(call, index);
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (number <= most) return number;
  throw new CryptoFault("OperationError", `expected at most ${most}, got ${text}`);
}

const NONE = Buffer.alloc(0);

const HASHES: Readonly<Record<string, string>> = {
  "SHA-1": "sha1",
  "SHA-256": "sha256",
  "SHA-384": "sha384",
  "SHA-512": "sha512",
};

/** The library's name of a hash of Web Crypto's. */
export function hashOf(name: string): string {
  const hash = Object.hasOwn(HASHES, name) ? HASHES[name] : undefined;
  if (hash !== undefined) return hash;
  throw new CryptoFault("NotSupportedError", "there is no such hash");
}
