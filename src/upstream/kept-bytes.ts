// Copies what is kept of a read whose buffer the next read overwrites.

/** Up to this size text costs less, to make and to write behind a head: bench/micro/exchange.ts. */
const TEXT_BYTES_MAX = 2_048;

/** Of a body that is there whole; text is latin1. */
export function wholeBody(bytes: Buffer, from: number, to: number): Buffer | string {
  const isShort = to - from <= TEXT_BYTES_MAX;
  return isShort ? bytes.toString("latin1", from, to) : copyOf(bytes, from, to);
}

export function copyOf(bytes: Buffer, from: number, to: number): Buffer {
  const copy = Buffer.allocUnsafe(to - from);
  bytes.copy(copy, 0, from, to);
  return copy;
}
