// structuredClone of the HTML standard: the walk over the objects and its memory of what it met.
// Of web objects a Blob and a File are cloned; the others are a DataCloneError, as is what else
// cannot be.

import {
  arrayIsArray,
  arrayPush,
  isBufferView,
  mapForEach,
  mapGet,
  mapHas,
  mapSet,
  NativeMap,
  NativeSet,
  objectDefineProperty,
  objectGetOwnPropertyDescriptor,
  objectGetPrototypeOf,
  objectIsEnumerable,
  objectPrototype,
  reflectGet,
  reflectOwnKeys,
  regexpExec,
  setAdd,
  setForEach,
  uncurry,
} from "../primordials.ts";
import { isArrayBuffer } from "./bytes.ts";
import { copyBuffer, copyLeaf, copyView, isMap, isSet, transferBuffer } from "./clone-kinds.ts";
import { DOMException } from "./exception.ts";
import { formsOfScript } from "./forms.ts";

/** What was cloned already, by its original: for cycles, and for objects that are reached twice. */
type Memory = Map<object, object>;

export interface CloneOptions {
  /** Buffers to move rather than to copy. */
  transfer?: readonly unknown[];
}

export function structuredClone<T>(value: T, options?: CloneOptions): T;
export function structuredClone(value: unknown, options: CloneOptions = {}): unknown {
  const moves = buffersOf(options?.transfer ?? []);
  if (moves.length === 0) return clone(value, new NativeMap());

  // Nothing may be detached before all of the value is known to be cloneable.
  clone(value, new NativeMap());
  const memory: Memory = new NativeMap();
  for (let i = 0; i < moves.length; i++) {
    const buffer = moves[i];
    if (buffer !== undefined) mapSet(memory, buffer, transferBuffer(buffer));
  }
  return clone(value, memory);
}

function buffersOf(transfer: readonly unknown[]): ArrayBuffer[] {
  const buffers: ArrayBuffer[] = [];
  const seen: Memory = new NativeMap();
  for (let i = 0; i < transfer.length; i++) {
    const buffer = transfer[i];
    if (!isArrayBuffer(buffer) || mapHas(seen, buffer)) throw cannotClone(buffer);
    mapSet(seen, buffer, buffer);
    arrayPush(buffers, buffer);
  }
  return buffers;
}

function clone(value: unknown, memory: Memory): unknown {
  if (typeof value === "symbol" || typeof value === "function") throw cannotClone(value);
  if (typeof value !== "object" || value === null) return value;
  const known = mapGet(memory, value);
  if (known !== undefined) return known;
  if (arrayIsArray(value)) return cloneArray(value, memory);
  const prototype = objectGetPrototypeOf(value);
  if (prototype === objectPrototype || prototype === null) {
    return copyProperties(value, {}, memory);
  }
  return cloneByKind(value, memory);
}

function cloneArray(list: readonly unknown[], memory: Memory): object {
  const copy: unknown[] = [];
  copy.length = list.length;
  return copyProperties(list, copy, memory);
}

function copyProperties(value: object, copy: object, memory: Memory): object {
  mapSet(memory, value, copy);
  const keys = reflectOwnKeys(value);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (typeof key !== "string" || !objectIsEnumerable(value, key)) continue;
    // Defined, not assigned: `__proto__`, and setters that a script has put on a prototype.
    const descriptor = { value: clone(reflectGet(value, key), memory), ...OWN_PROPERTY };
    objectDefineProperty(copy, key, descriptor);
  }
  return copy;
}

const OWN_PROPERTY = { writable: true, enumerable: true, configurable: true } as const;
const HIDDEN_PROPERTY = { writable: true, enumerable: false, configurable: true } as const;

function cloneByKind(value: object, memory: Memory): object {
  if (isBufferView(value)) {
    return remember(
      memory,
      value,
      copyView(value, (buffer) => cloneBuffer(buffer, memory)),
    );
  }
  if (isArrayBuffer(value)) return cloneBuffer(value, memory);
  if (isMap(value)) return cloneMap(value, memory);
  if (isSet(value)) return cloneSet(value, memory);
  if (isError(value)) return cloneError(value, memory);
  const leaf = copyLeaf(value);
  if (leaf !== null) return remember(memory, value, leaf);
  const blob = formsOfScript()?.cloneOf(value) ?? null;
  if (blob !== null) return remember(memory, value, blob);
  if (regexpExec(CANNOT_CLONE, kindOf(value)) !== null) throw cannotClone(value);
  return copyProperties(value, {}, memory);
}

const kindOf: (value: unknown) => string = uncurry(Object.prototype.toString);
const CANNOT_CLONE = new RegExp(
  `^\\[object (?:${[
    ...["Promise", "Weak\\w+", "\\w*Generator", "Headers", "Request", "Response", "URL\\w*"],
    ...["Text\\w+", "Abort\\w+", "Event", "EventTarget", "CustomEvent", "FormData"],
    ...["Crypto", "CryptoKey", "SubtleCrypto", "CompressionStream", "DecompressionStream"],
    ...["ByteLengthQueuingStrategy", "CountQueuingStrategy"],
    ...["(?:Readable|Writable|Transform)\\w*Stream\\w*"],
  ].join("|")})\\]$`,
);

function remember<T extends object>(memory: Memory, original: object, copy: T): T {
  mapSet(memory, original, copy);
  return copy;
}

function cloneBuffer(buffer: ArrayBuffer, memory: Memory): ArrayBuffer {
  const known = mapGet(memory, buffer);
  if (known !== undefined && isArrayBuffer(known)) return known;
  return remember(memory, buffer, copyBuffer(buffer));
}

function cloneMap(map: Map<unknown, unknown>, memory: Memory): object {
  const copy = remember(memory, map, new NativeMap<unknown, unknown>());
  // The entries first: cloning runs getters, and those may change the map.
  const entries: unknown[] = [];
  mapForEach(map, (value, key) => {
    arrayPush(entries, key);
    arrayPush(entries, value);
  });
  for (let i = 0; i < entries.length; i += 2) {
    mapSet(copy, clone(entries[i], memory), clone(entries[i + 1], memory));
  }
  return copy;
}

function cloneSet(set: Set<unknown>, memory: Memory): object {
  const copy = remember(memory, set, new NativeSet<unknown>());
  const items: unknown[] = [];
  setForEach(set, (item) => arrayPush(items, item));
  for (let i = 0; i < items.length; i++) setAdd(copy, clone(items[i], memory));
  return copy;
}

const isError: (value: object) => value is Error = Error.isError;
const ERROR_TYPES: ReadonlyMap<unknown, ErrorConstructor> = new Map<string, ErrorConstructor>([
  ["EvalError", EvalError],
  ["RangeError", RangeError],
  ["ReferenceError", ReferenceError],
  ["SyntaxError", SyntaxError],
  ["TypeError", TypeError],
  ["URIError", URIError],
]);
const NativeError = Error;

/** The type by name, and message, stack and cause where the error has them itself. */
function cloneError(error: Error, memory: Memory): object {
  const Type = mapGet(ERROR_TYPES, error.name) ?? NativeError;
  const copy = remember(memory, error, new Type());
  const message = objectGetOwnPropertyDescriptor(error, "message");
  if (message !== undefined && "value" in message) {
    objectDefineProperty(copy, "message", { value: `${message.value}`, ...HIDDEN_PROPERTY });
  }
  objectDefineProperty(copy, "stack", { value: `${error.stack}`, ...HIDDEN_PROPERTY });
  if (objectGetOwnPropertyDescriptor(error, "cause") !== undefined) {
    const cause = clone(error.cause, memory);
    objectDefineProperty(copy, "cause", { value: cause, ...HIDDEN_PROPERTY });
  }
  return copy;
}

function cannotClone(value: unknown): DOMException {
  return new DOMException(`${kindOf(value)} could not be cloned`, "DataCloneError");
}
