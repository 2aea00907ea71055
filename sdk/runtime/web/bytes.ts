// What the web calls a BufferSource, as bytes. The views are made with captured getters, so that
// neither a look-alike nor a replaced `length` gives access to anything else.

import {
  arrayBufferByteLength,
  dataViewBuffer,
  dataViewByteLength,
  dataViewByteOffset,
  isBufferView,
  NativeUint8Array,
  typedArrayBuffer,
  typedArrayByteLength,
  typedArrayByteOffset,
  typedArrayName,
} from "../primordials.ts";

/** An ArrayBuffer, or any view of one. */
export type BufferSource = ArrayBuffer | ArrayBufferView<ArrayBuffer>;

export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  try {
    arrayBufferByteLength(value);
    return true;
  } catch {
    return false;
  }
}

export function isBufferSource(value: unknown): value is BufferSource {
  return isBufferView(value) || (typeof value === "object" && isArrayBuffer(value));
}

/** The same memory as bytes, not a copy. */
export function bytesOf(source: BufferSource): Uint8Array<ArrayBuffer> {
  if (!isBufferView(source)) return new NativeUint8Array(source);
  if (typedArrayName(source) === undefined) {
    const offset = dataViewByteOffset(source);
    return new NativeUint8Array(dataViewBuffer(source), offset, dataViewByteLength(source));
  }
  const offset = typedArrayByteOffset(source);
  return new NativeUint8Array(typedArrayBuffer(source), offset, typedArrayByteLength(source));
}
