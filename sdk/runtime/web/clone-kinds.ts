// What kind of object a value really is, told by its internal slots and not by its prototype, and
// copies of the kinds that hold no other objects. structuredClone (clone.ts) is built on these.

import {
  arrayBufferByteLength,
  bytesSet,
  dataViewBuffer,
  dataViewByteLength,
  dataViewByteOffset,
  getterOf,
  mapSize,
  NativeArrayBuffer,
  NativeDataView,
  NativeUint8Array,
  setSize,
  typedArrayBuffer,
  typedArrayByteOffset,
  typedArrayLength,
  typedArrayName,
  uncurry,
} from "../primordials.ts";

/** Whether the probe, a builtin that insists on its receiver, accepts the value. */
function accepts(probe: (value: object) => unknown, value: object): boolean {
  try {
    probe(value);
    return true;
  } catch {
    return false;
  }
}

export const isMap = (value: object): value is Map<unknown, unknown> => accepts(mapSize, value);
export const isSet = (value: object): value is Set<unknown> => accepts(setSize, value);

const NativeDate = Date;
const NativeRegExp = RegExp;
const toObject = Object;
const timeOf: (date: object) => number = uncurry(Date.prototype.getTime);
const sourceOf = getterOf<string>(RegExp.prototype, "source");
const flagsOf = getterOf<string>(RegExp.prototype, "flags");
const UNBOX: readonly ((value: object) => unknown)[] = [
  uncurry(Boolean.prototype.valueOf),
  uncurry(Number.prototype.valueOf),
  uncurry(String.prototype.valueOf),
  uncurry(BigInt.prototype.valueOf),
];

/** A copy of a Date, a RegExp or a boxed primitive; null for anything else. */
export function copyLeaf(value: object): object | null {
  if (accepts(timeOf, value)) return new NativeDate(timeOf(value));
  if (accepts(sourceOf, value)) return new NativeRegExp(sourceOf(value), flagsOf(value));
  for (let i = 0; i < UNBOX.length; i++) {
    const unbox = UNBOX[i];
    if (unbox !== undefined && accepts(unbox, value)) return toObject(unbox(value));
  }
  return null;
}

export function copyBuffer(buffer: ArrayBuffer): ArrayBuffer {
  const copy = new NativeArrayBuffer(arrayBufferByteLength(buffer));
  bytesSet(new NativeUint8Array(copy), new NativeUint8Array(buffer));
  return copy;
}

/** Moves the memory into a new buffer; the old one is detached. */
export const transferBuffer: (buffer: ArrayBuffer) => ArrayBuffer = uncurry(
  ArrayBuffer.prototype.transfer,
);

type ViewMaker = (buffer: ArrayBuffer, offset: number, length: number) => ArrayBufferView;

const VIEW_MAKERS: readonly (readonly [string, ViewMaker])[] = makersOf([
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float16Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
]);

type ViewConstructor = new (buffer: ArrayBuffer, offset: number, length: number) => ArrayBufferView;

function makersOf(types: readonly ViewConstructor[]): (readonly [string, ViewMaker])[] {
  return types.map((Type) => [
    Type.name,
    (buffer, offset, length) => new Type(buffer, offset, length),
  ]);
}

/** A view of the same kind over what `bufferFor` gives for the view's buffer. */
export function copyView(
  view: ArrayBufferView<ArrayBuffer>,
  bufferFor: (buffer: ArrayBuffer) => ArrayBuffer,
): ArrayBufferView {
  const name = typedArrayName(view);
  if (name === undefined) {
    const buffer = bufferFor(dataViewBuffer(view));
    return new NativeDataView(buffer, dataViewByteOffset(view), dataViewByteLength(view));
  }
  for (let i = 0; i < VIEW_MAKERS.length; i++) {
    const maker = VIEW_MAKERS[i];
    if (maker?.[0] !== name) continue;
    return maker[1](
      bufferFor(typedArrayBuffer(view)),
      typedArrayByteOffset(view),
      typedArrayLength(view),
    );
  }
  throw new TypeError(`Cannot clone a view of type ${name}`);
}
