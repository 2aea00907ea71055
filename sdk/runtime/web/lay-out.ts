// How globals are laid out, as the web has them: replaceable, and not seen by an enumeration.

import { objectDefineProperty } from "../primordials.ts";

export function define(target: object, key: PropertyKey, value: unknown): void {
  objectDefineProperty(target, key, {
    value,
    writable: true,
    enumerable: false,
    configurable: true,
  });
}

type Classes = Readonly<Record<string, { readonly prototype: object }>>;

/** With the name by which `Object.prototype.toString` knows their objects. */
export function installClasses(target: object, classes: Classes): void {
  for (const [name, value] of Object.entries(classes)) {
    // set anew, because the bundler renames what would hide a global
    objectDefineProperty(value, "name", { value: name, configurable: true });
    define(target, name, value);
    objectDefineProperty(value.prototype, Symbol.toStringTag, { value: name, configurable: true });
  }
}
