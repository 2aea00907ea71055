// How a tenant's counters leave its cell: with each frame, what the calls in it have counted. Sums
// are the same in any order, so frames to several workers need not know of each other; and one that
// never comes takes along nothing but its own.
//
//   note: by (64 bits), length of the name (a byte), name (latin1)

import { COUNTERS_MAX } from "../../state/counters.ts";
import { KEPT_NAME } from "../../wire/scopes.ts";

export interface CounterNote {
  readonly name: string;
  /** What came on top; 0: the counter is new. */
  readonly by: bigint;
}

const HEAD_BYTES = 9;

export function encodeNotes(notes: readonly CounterNote[]): Buffer {
  const length = notes.reduce((sum, { name }) => sum + HEAD_BYTES + name.length, 0);
  const buffer = Buffer.allocUnsafe(length);
  let at = 0;
  for (const { name, by } of notes) {
    buffer.writeBigInt64LE(BigInt.asIntN(64, by), at);
    buffer.writeUInt8(name.length, at + 8);
    buffer.write(name, at + HEAD_BYTES, "latin1");
    at += HEAD_BYTES + name.length;
  }
  return buffer;
}

/** Null: no honest cell wrote that. */
export function decodeNotes(bytes: Buffer): CounterNote[] | null {
  const notes: CounterNote[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (bytes.length - at < HEAD_BYTES) return null;
    const end = at + HEAD_BYTES + bytes.readUInt8(at + 8);
    if (end > bytes.length) return null;
    const name = bytes.toString("latin1", at + HEAD_BYTES, end);
    if (!KEPT_NAME.test(name) || notes.length === COUNTERS_MAX) return null;
    notes.push({ name, by: bytes.readBigInt64LE(at) });
    at = end;
  }
  return notes;
}
