// How a tenant's counters leave its cell: with each frame, the absolute values of those that
// changed, under a sequence number of the tenant's. The highest wins, so workers may apply them in
// any order.
//
//   note: sequence (a double), value (64 bits), length of the name (a byte), name (latin1)

import { KEPT_NAME } from "../../wire/scopes.ts";

export interface CounterNote {
  readonly name: string;
  readonly value: bigint;
  /** From 1, in this cell. */
  readonly sequence: number;
}

const HEAD_BYTES = 17;

export function encodeNotes(notes: readonly CounterNote[]): Buffer {
  const length = notes.reduce((sum, { name }) => sum + HEAD_BYTES + name.length, 0);
  const buffer = Buffer.allocUnsafe(length);
  let at = 0;
  for (const { name, value, sequence } of notes) {
    buffer.writeDoubleLE(sequence, at);
    buffer.writeBigInt64LE(value, at + 8);
    buffer.writeUInt8(name.length, at + 16);
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
    const end = at + HEAD_BYTES + bytes.readUInt8(at + 16);
    if (end > bytes.length) return null;
    const name = bytes.toString("latin1", at + HEAD_BYTES, end);
    const sequence = bytes.readDoubleLE(at);
    if (!KEPT_NAME.test(name) || !Number.isSafeInteger(sequence)) return null;
    notes.push({ name, value: bytes.readBigInt64LE(at + 8), sequence });
    at = end;
  }
  return notes;
}
