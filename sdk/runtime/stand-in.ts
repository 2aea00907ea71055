// A function of ours in the place of a builtin constructor: it has the builtin's name, its
// prototype, and is what instances name as their constructor, so that no way leads back to the
// builtin.

import { objectDefineProperty as define } from "./primordials.ts";

export function takePlace(stand: object, native: { name: string; length: number }): void {
  const prototype: unknown = Reflect.get(native, "prototype");
  define(stand, "name", { value: native.name, configurable: true });
  define(stand, "length", { value: native.length, configurable: true });
  define(stand, "prototype", { value: prototype, writable: false });
  // some are read-only, so defined rather than assigned
  if (isObject(prototype)) hide(prototype, "constructor", stand);
}

/** As builtins are: writable, and not seen by an enumeration. */
export function hide(owner: object, name: PropertyKey, value: unknown): void {
  define(owner, name, { value, writable: true, configurable: true, enumerable: false });
}

export const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";
