// The block function of ChaCha20 (RFC 8439, 2.3): 64 bytes of a stream that nobody can continue who
// does not have the key.

import { NativeUint8Array } from "../primordials.ts";

/** "expand 32-byte k" */
const CONSTANTS = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const;
const NativeInt32Array = Int32Array;

export const BLOCK_BYTES = 64;

/**
 * Writes so many blocks, from the one of number 0, for the key and a nonce of zeros: a key is used
 * for one stream.
 */
export function fillStream(target: Uint8Array, count: number, key: Int32Array): void {
  const start = new NativeInt32Array(16);
  for (let i = 0; i < 4; i++) start[i] = CONSTANTS[i] ?? 0;
  for (let i = 0; i < 8; i++) start[i + 4] = key[i] ?? 0;
  const block = new NativeInt32Array(16);
  for (let at = 0; at < count * BLOCK_BYTES; at += BLOCK_BYTES) {
    for (let i = 0; i < 16; i++) block[i] = start[i] ?? 0;
    for (let round = 0; round < 10; round++) doubleRound(block);
    for (let i = 0; i < 16; i++) writeWord(target, at + 4 * i, (block[i] ?? 0) + (start[i] ?? 0));
    start[12] = (start[12] ?? 0) + 1;
  }
}

function writeWord(target: Uint8Array, at: number, word: number): void {
  target[at] = word;
  target[at + 1] = word >>> 8;
  target[at + 2] = word >>> 16;
  target[at + 3] = word >>> 24;
}

function doubleRound(x: Int32Array): void {
  quarterRound(x, 0, 4, 8, 12);
  quarterRound(x, 1, 5, 9, 13);
  quarterRound(x, 2, 6, 10, 14);
  quarterRound(x, 3, 7, 11, 15);
  quarterRound(x, 0, 5, 10, 15);
  quarterRound(x, 1, 6, 11, 12);
  quarterRound(x, 2, 7, 8, 13);
  quarterRound(x, 3, 4, 9, 14);
}

function quarterRound(x: Int32Array, a: number, b: number, c: number, d: number): void {
  let xa = x[a] ?? 0;
  let xb = x[b] ?? 0;
  let xc = x[c] ?? 0;
  let xd = x[d] ?? 0;
  xa = (xa + xb) | 0;
  xd = rotated(xd ^ xa, 16);
  xc = (xc + xd) | 0;
  xb = rotated(xb ^ xc, 12);
  xa = (xa + xb) | 0;
  xd = rotated(xd ^ xa, 8);
  xc = (xc + xd) | 0;
  xb = rotated(xb ^ xc, 7);
  x[a] = xa;
  x[b] = xb;
  x[c] = xc;
  x[d] = xd;
}

const rotated = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

/** A buffer of whole blocks. */
export const blocks = (count: number): Uint8Array<ArrayBuffer> =>
  new NativeUint8Array(count * BLOCK_BYTES);
