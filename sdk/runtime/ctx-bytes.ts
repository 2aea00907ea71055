// Bytes in ctx: JSON has none, so they cross as marked strings (wire/ctx-text.ts). A ctx without
// bytes is neither copied nor walked here.

import { BYTES, MARK, STRING } from "../../src/wire/ctx-text.ts";
import {
  arrayIsArray,
  arrayPush,
  getterOf,
  objectDefineProperty,
  objectKeys,
  stringSlice,
  uncurry,
} from "./primordials.ts";

const fromBase64 = Uint8Array.fromBase64.bind(Uint8Array);
const toBase64: (bytes: Uint8Array) => string = uncurry(Uint8Array.prototype.toBase64);
const typedArray = Object.getPrototypeOf(Uint8Array.prototype);
const tagOf = getterOf<string | undefined>(typedArray, Symbol.toStringTag);
const byteLengthOf = getterOf<number>(typedArray, "byteLength");

/** Whether it is a Uint8Array, whatever the script has made of its prototype. */
export const isBytes = (value: object): value is Uint8Array => tagOf(value) === "Uint8Array";

/** Characters of its text. */
export const textLengthOf = (bytes: Uint8Array): number => (byteLengthOf(bytes) * 4) / 3;

/** A copy of what was found to be JSON and bytes, for JSON to write. */
export function marked(value: unknown): unknown {
  if (typeof value === "string") return value[0] === MARK ? STRING + value : value;
  if (typeof value !== "object" || value === null) return value;
  if (arrayIsArray(value)) {
    const list: unknown[] = [];
    for (let i = 0; i < value.length; i++) arrayPush(list, marked(value[i]));
    return list;
  }
  if (isBytes(value)) return BYTES + toBase64(value);
  const copy: Record<string, unknown> = { __proto__: null };
  const keys = objectKeys(value);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    copy[key] = marked((value as Record<string, unknown>)[key]);
  }
  return copy;
}

/** What `marked` copied, out of what JSON has read, which is changed in place. */
export function unmarked(value: unknown): unknown {
  if (typeof value === "string") {
    if (value[0] !== MARK) return value;
    const rest = stringSlice(value, BYTES.length);
    return value[1] === BYTES[1] ? fromBase64(rest) : rest;
  }
  if (typeof value !== "object" || value === null) return value;
  const keys = objectKeys(value);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    const child = (value as Record<string, unknown>)[key];
    const own = unmarked(child);
    // defined, since a property may be called __proto__
    if (own !== child) {
      const facts = { value: own, writable: true, enumerable: true, configurable: true };
      objectDefineProperty(value, key, { __proto__: null, ...facts } as PropertyDescriptor);
    }
  }
  return value;
}
