// Keys of two parts, a public and a private one: imported in any format, kept as SPKI and PKCS #8.

import {
  jsonParse,
  NativeUint8Array,
  stringCharCodeAt,
  stringFromCharCode,
  typedArrayLength,
} from "../primordials.ts";
import type { Bytes, KeyData, KeyFormat, KeyPairParts, KeyWish } from "./algorithm.ts";
import { dataError, invalidAccess, notSupported } from "./fault.ts";
import { type HostResult, hostBytes, hostResult } from "./host.ts";
import { checkJwk, commonJwk, type JwkRule, textIn } from "./jwk.ts";
import type { KeyAlgorithm, KeyParts, KeyType, KeyUsage } from "./key.ts";
import { checkUsages, usagesAmong } from "./usages.ts";

const toNumber = Number;

/** A kind of keys, as the host names it, and what its keys are for. */
export interface KeyKind {
  readonly kind: string;
  readonly publicUsages: readonly KeyUsage[];
  readonly privateUsages: readonly KeyUsage[];
  /** Of a pair. */
  readonly allUsages: readonly KeyUsage[];
  readonly jwk: JwkRule;
  /** What a JWK that is exported says; null: nothing. */
  readonly exportedAlg: string | null;
  /** What `crv` of a JWK must be; null: it has none. */
  readonly curve: string | null;
  /** Members of a JWK, of a public key and of a private one. */
  readonly members: { readonly shown: readonly string[]; readonly hidden: readonly string[] };
  readonly hasRaw: boolean;
}

export interface Imported {
  readonly type: KeyType;
  readonly bytes: Bytes;
  /** Of RSA: the bits and the exponent, which is hex. */
  readonly modulusLength: number;
  readonly exponent: string;
}

export function importAsymmetric(kind: KeyKind, data: KeyData, wish: KeyWish): Imported {
  const isPrivate = data.format === "pkcs8" || (data.format === "jwk" && data.jwk.d !== undefined);
  checkUsages(wish.usages, isPrivate ? kind.privateUsages : kind.publicUsages);
  if (data.format === "raw" && !kind.hasRaw) throw notSupported("RSA keys have no format raw");
  const bytes = data.format === "jwk" ? jwkBytes(kind, data, wish, isPrivate) : data.bytes;
  return readImport(hostResult(`import ${data.format}`, [kind.kind], [bytes]));
}

function readImport({ bytes, words }: HostResult): Imported {
  return {
    type: words[0] === "private" ? "private" : "public",
    bytes: bytes[0] as Bytes,
    modulusLength: toNumber(words[1]),
    exponent: words[2] ?? "",
  };
}

/** A JWK of nothing but the members that make the key: JSON, in ASCII. */
function jwkBytes(kind: KeyKind, data: KeyData, wish: KeyWish, isPrivate: boolean): Bytes {
  checkJwk(data, kind.jwk, wish);
  if (data.jwk.oth !== undefined) throw notSupported("an RSA key has two primes");
  let json = `{"kty":"${kind.jwk.kty}"`;
  if (kind.curve !== null) {
    if (data.jwk.crv !== kind.curve) throw dataError(`the JWK's crv: expected ${kind.curve}`);
    json += `,"crv":"${kind.curve}"`;
  }
  const { shown, hidden } = kind.members;
  for (let i = 0; i < shown.length; i++) json += memberOf(data, shown[i] ?? "");
  for (let i = 0; isPrivate && i < hidden.length; i++) json += memberOf(data, hidden[i] ?? "");
  return asciiBytes(`${json}}`);
}

const memberOf = (data: KeyData, name: string): string => `,"${name}":"${textIn(data, name)}"`;

function asciiBytes(text: string): Bytes {
  const bytes = new NativeUint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = stringCharCodeAt(text, i);
  return bytes;
}

export function exportAsymmetric(
  kind: KeyKind,
  key: KeyParts,
  format: KeyFormat,
): Bytes | Record<string, unknown> {
  if (format === "spki" || format === "pkcs8") {
    if ((format === "spki") === (key.type === "public")) return key.bytes;
    throw invalidAccess(`a ${key.type} key has no format ${format}`);
  }
  if (format === "raw") {
    if (!kind.hasRaw) throw notSupported("RSA keys have no format raw");
    if (key.type !== "public") throw invalidAccess("a private key has no format raw");
    return hostBytes("export raw", [kind.kind, "public"], [key.bytes]);
  }
  const json = hostBytes("export jwk", [kind.kind, key.type], [key.bytes]);
  const members = jsonParse(textOfAscii(json)) as Record<string, unknown>;
  const alg = kind.exportedAlg === null ? {} : { alg: kind.exportedAlg };
  return { ...commonJwk(key), ...members, ...alg };
}

function textOfAscii(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < typedArrayLength(bytes); i++) text += stringFromCharCode(bytes[i] ?? 0);
  return text;
}

export interface Pair {
  readonly algorithm: KeyAlgorithm;
  readonly bytes: readonly Bytes[];
}

/** Keys that were made, the public one first. Only the private one can be kept in. */
export function pairOf(kind: KeyKind, { algorithm, bytes }: Pair, wish: KeyWish): KeyPairParts {
  const shown = bytes[0] as Bytes;
  const hidden = bytes[1] as Bytes;
  const publicUsages = usagesAmong(wish.usages, kind.publicUsages);
  const privateUsages = usagesAmong(wish.usages, kind.privateUsages);
  const { extractable } = wish;
  return {
    publicKey: {
      ...{ type: "public", algorithm, extractable: true, usages: publicUsages, bytes: shown },
    },
    privateKey: {
      ...{ type: "private", algorithm, extractable, usages: privateUsages, bytes: hidden },
    },
  };
}

export const checkPairUsages = (kind: KeyKind, { usages }: KeyWish): void =>
  checkUsages(usages, kind.allUsages);
