// What a script gives to `crypto.subtle`, read and checked: members of algorithms, bytes, bounds.

import { CRYPTO_LIMITS } from "../../../src/wire/crypto.ts";
import { NativeUint8Array, stringToUpperCase, typedArrayLength } from "../primordials.ts";
import { bytesOf, isBufferSource } from "../web/bytes.ts";
import { copyBytes } from "../web/utf8.ts";
import { notSupported, operationError } from "./fault.ts";

/** An algorithm as it was given, with its name as Web Crypto writes it. */
export interface Given {
  readonly name: string;
  readonly members: Readonly<Record<string, unknown>>;
}

const NAMES = [
  ...["SHA-1", "SHA-256", "SHA-384", "SHA-512", "HMAC"],
  ...["AES-CBC", "AES-CTR", "AES-GCM", "AES-KW", "HKDF", "PBKDF2"],
  ...["RSASSA-PKCS1-v1_5", "RSA-PSS", "RSA-OAEP", "ECDSA", "ECDH", "Ed25519", "X25519"],
];

/** The name of an algorithm, which may be written in any case; a name alone, or an object. */
export function algorithmOf(value: unknown): Given {
  const isObject = typeof value === "object" && value !== null;
  const members = (isObject ? value : {}) as Readonly<Record<string, unknown>>;
  const given = isObject ? members.name : value;
  if (given === undefined || given === null) {
    throw new TypeError("expected an algorithm: a name, or an object with a name");
  }
  const wanted = stringToUpperCase(`${given}`);
  for (let i = 0; i < NAMES.length; i++) {
    const name = NAMES[i] ?? "";
    if (stringToUpperCase(name) === wanted) return { name, members };
  }
  throw notSupported(`there is no algorithm ${given}`);
}

/** The hash among an algorithm's members. */
export function hashIn({ name, members }: Given): string {
  if (members.hash === undefined) throw new TypeError(`${name}: expected a hash`);
  const hash = algorithmOf(members.hash).name;
  if (hashBits(hash) === 0) throw notSupported(`${hash} is no hash`);
  return hash;
}

const toNumber = Number;
const HASHES = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"];
const BITS = [160, 256, 384, 512];

/** Bits that a hash gives; 0: it is none. */
export function hashBits(name: string): number {
  for (let i = 0; i < HASHES.length; i++) if (HASHES[i] === name) return BITS[i] ?? 0;
  return 0;
}

/** Bytes of a script's, as they are now: it may change them later. */
export function dataOf(value: unknown, what = "data"): Uint8Array<ArrayBuffer> {
  return bounded(value, what, CRYPTO_LIMITS.dataBytes);
}

/** A member of an algorithm that is bytes: an IV, a salt, a label. */
export const bytesIn = (given: Given, member: string): Uint8Array<ArrayBuffer> =>
  bounded(given.members[member], `${given.name}: ${member}`, CRYPTO_LIMITS.otherBytes);

/** … that may be left out. */
export const bytesOrNone = (given: Given, member: string): Uint8Array<ArrayBuffer> =>
  given.members[member] === undefined ? new NativeUint8Array(0) : bytesIn(given, member);

export function bounded(value: unknown, what: string, most: number): Uint8Array<ArrayBuffer> {
  if (!isBufferSource(value)) {
    throw new TypeError(`${what}: expected an ArrayBuffer or a view of one`);
  }
  const bytes = bytesOf(value);
  const length = typedArrayLength(bytes);
  if (length > most) throw operationError(`${what}: at most ${most} bytes, got ${length}`);
  return copyBytes(bytes);
}

/** A member that is a whole number. */
export function numberIn({ name, members }: Given, member: string, most: number): number {
  const value = toNumber(members[member]);
  if (!(value >= 0 && value <= most) || value % 1 !== 0) {
    throw new TypeError(`${name}: expected ${member} to be a whole number up to ${most}`);
  }
  return value;
}
