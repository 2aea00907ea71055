// Pieces of bytes as one.

import { bytesSet, NativeUint8Array, typedArrayLength } from "../primordials.ts";

export function joinBytes(parts: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new NativeUint8Array(length);
  let at = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as Uint8Array;
    bytesSet(whole, part, at);
    at += typedArrayLength(part);
  }
  return whole;
}
