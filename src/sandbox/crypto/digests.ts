// Digests, and codes that a shared key makes of data.

import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { type CryptoCall, hashOf, type Operation, part, word } from "./crypto-call.ts";

const mac = (call: CryptoCall, data: Buffer): Buffer =>
  createHmac(hashOf(word(call, 0)), part(call, 0))
    .update(data)
    .digest();

export const DIGESTS: Readonly<Record<string, Operation>> = {
  /** hash; data */
  digest: (call) =>
    createHash(hashOf(word(call, 0)))
      .update(part(call, 0))
      .digest(),

  /** hash; key, data */
  mac: (call) => mac(call, part(call, 1)),

  /** hash; key, code, data: 1 or nothing */
  checkMac: (call) => asClaim(isEqual(mac(call, part(call, 2)), part(call, 1))),

  /** two of the same length: 1 or nothing */
  isEqual: (call) => asClaim(isEqual(part(call, 0), part(call, 1))),
};

const isEqual = (one: Buffer, other: Buffer): boolean =>
  one.length === other.length && timingSafeEqual(one, other);

/** How an operation says yes or no: one byte, or none. */
export const asClaim = (isTrue: boolean): Buffer => Buffer.alloc(isTrue ? 1 : 0);
