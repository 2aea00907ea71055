// The builtins that the runtime uses, captured before the script's first line runs. A script that
// later replaces Array.prototype.push or JSON.stringify then harms its own code and not the frames.
// Methods become functions of their receiver: `arrayPush(list, item)`. For the same reason runtime
// code has index loops only: for-of, spread and array patterns call the array iterator.

/**
 * `method` as a function of its receiver. V8 inlines a bound `call`; a rest parameter it does
 * not.
 */
export const uncurry: <S, A extends unknown[], R>(
  method: (this: S, ...args: A) => R,
) => (self: S, ...args: A) => R = Function.prototype.bind.bind(Function.prototype.call);

/** The getter of an accessor property as a function of its receiver. */
export const getterOf = <T>(prototype: object, name: PropertyKey): ((self: unknown) => T) => {
  const getter = Object.getOwnPropertyDescriptor(prototype, name)?.get;
  if (getter === undefined) throw new TypeError(`Cannot find the getter ${String(name)}`);
  return uncurry<unknown, [], T>(getter);
};

// Objects and functions

export const objectDefineProperty = Object.defineProperty;
export const objectGetOwnPropertyDescriptor = Object.getOwnPropertyDescriptor;
export const objectKeys: (object: object) => string[] = Object.keys;
export const objectGetPrototypeOf = Object.getPrototypeOf;
export const reflectApply = Reflect.apply;
export const reflectGet = Reflect.get;
export const reflectOwnKeys = Reflect.ownKeys;
export const objectPrototype = Object.prototype;
export const objectIsEnumerable: (self: object, key: PropertyKey) => boolean = uncurry(
  Object.prototype.propertyIsEnumerable,
);

// Arrays

export const arrayIsArray: (value: unknown) => value is readonly unknown[] = Array.isArray;
export const arrayPush: <T>(list: T[], item: T) => number = uncurry(Array.prototype.push);
export const arrayShift: <T>(list: T[]) => T | undefined = uncurry(Array.prototype.shift);
export const arraySort: <T>(list: T[], compare?: (left: T, right: T) => number) => T[] = uncurry(
  Array.prototype.sort,
);

// Strings

export const stringFromCharCode = String.fromCharCode;
export const stringCharCodeAt: (text: string, index: number) => number = uncurry(
  String.prototype.charCodeAt,
);
export const stringIndexOf: (text: string, part: string, from?: number) => number = uncurry(
  String.prototype.indexOf,
);
export const stringIncludes: (text: string, part: string) => boolean = uncurry(
  String.prototype.includes,
);
export const stringRepeat: (text: string, count: number) => string = uncurry(
  String.prototype.repeat,
);
export const stringSlice: (text: string, start: number, end?: number) => string = uncurry(
  String.prototype.slice,
);
export const stringToLowerCase: (text: string) => string = uncurry(String.prototype.toLowerCase);
export const stringToUpperCase: (text: string) => string = uncurry(String.prototype.toUpperCase);
export const stringToWellFormed: (text: string) => string = uncurry(String.prototype.toWellFormed);

// Regular expressions: `regexpExec` alone, because test, match, replace and split look up `exec`.

export const regexpExec: (pattern: RegExp, text: string) => RegExpExecArray | null = uncurry(
  RegExp.prototype.exec,
);

// Numbers

export const mathMin = Math.min;
export const mathRound = Math.round;

// JSON

export const jsonParse: (text: string) => unknown = JSON.parse;
export const jsonStringify: (value: unknown) => string | undefined = JSON.stringify;

// Collections

export const NativeMap = Map;
export const NativeSet = Set;
export const mapGet: <K, V>(map: ReadonlyMap<K, V>, key: K) => V | undefined = uncurry(
  Map.prototype.get,
);
export const mapHas: <K, V>(map: ReadonlyMap<K, V>, key: K) => boolean = uncurry(Map.prototype.has);
export const mapSet: <K, V>(map: Map<K, V>, key: K, value: V) => Map<K, V> = uncurry(
  Map.prototype.set,
);
export const mapDelete: <K, V>(map: Map<K, V>, key: K) => boolean = uncurry(Map.prototype.delete);
export const mapForEach: <K, V>(map: ReadonlyMap<K, V>, visit: (value: V, key: K) => void) => void =
  uncurry(Map.prototype.forEach);
export const mapSize = getterOf<number>(Map.prototype, "size");
export const setAdd: <T>(set: Set<T>, item: T) => Set<T> = uncurry(Set.prototype.add);
export const setDelete: <T>(set: Set<T>, item: T) => boolean = uncurry(Set.prototype.delete);
export const setForEach: <T>(set: ReadonlySet<T>, visit: (item: T) => void) => void = uncurry(
  Set.prototype.forEach,
);
export const setSize = getterOf<number>(Set.prototype, "size");

// Bytes. The getters throw for whatever is not the real thing, however much it looks like one.

export const NativeArrayBuffer = ArrayBuffer;
export const NativeDataView = DataView;
export const NativeUint8Array = Uint8Array;
export const NativeUint16Array = Uint16Array;
const isView: (value: unknown) => boolean = ArrayBuffer.isView;
/** Memory is never shared in a script's realm, so the buffer is a plain one. */
export const isBufferView = (value: unknown): value is ArrayBufferView<ArrayBuffer> =>
  isView(value);
const typedArrayPrototype: object = Object.getPrototypeOf(Uint8Array.prototype);
/** `Uint8Array` and the like; undefined for whatever is not a typed array. */
export const typedArrayName = getterOf<string | undefined>(typedArrayPrototype, Symbol.toStringTag);
export const typedArrayBuffer = getterOf<ArrayBuffer>(typedArrayPrototype, "buffer");
export const typedArrayByteOffset = getterOf<number>(typedArrayPrototype, "byteOffset");
export const typedArrayByteLength = getterOf<number>(typedArrayPrototype, "byteLength");
export const typedArrayLength = getterOf<number>(typedArrayPrototype, "length");
export const arrayBufferByteLength = getterOf<number>(ArrayBuffer.prototype, "byteLength");
export const arrayBufferIsDetached = getterOf<boolean>(ArrayBuffer.prototype, "detached");
export const dataViewBuffer = getterOf<ArrayBuffer>(DataView.prototype, "buffer");
export const dataViewByteOffset = getterOf<number>(DataView.prototype, "byteOffset");
export const dataViewByteLength = getterOf<number>(DataView.prototype, "byteLength");
export const bytesSet: (target: Uint8Array, source: Uint8Array, offset?: number) => void = uncurry(
  Uint8Array.prototype.set,
);

/** A view of the same memory. The builtin `subarray` would look up `constructor`. */
export const bytesView = (bytes: Uint8Array, start: number, end: number): Uint8Array<ArrayBuffer> =>
  new NativeUint8Array(typedArrayBuffer(bytes), typedArrayByteOffset(bytes) + start, end - start);

/** A copy. */
export const bytesCopy = (bytes: Uint8Array, start: number, end: number): Uint8Array<ArrayBuffer> =>
  new NativeUint8Array(bytesView(bytes, start, end));
