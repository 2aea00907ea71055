// How globals are laid out, as the web has them: replaceable, and not seen by an enumeration.

import {
  objectDefineProperty,
  objectGetOwnPropertyDescriptor,
  reflectApply,
} from "../primordials.ts";

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

/**
 * As Web IDL has it, a function throws if it gets fewer arguments than it needs: so many, by its
 * name. A function's own `length` is not asked for, since V8 compiles the function for that.
 */
export function countArguments(
  className: string,
  owner: object,
  counts: Readonly<Record<string, number>>,
): void {
  for (const [key, least] of Object.entries(counts)) {
    const method: unknown = objectGetOwnPropertyDescriptor(owner, key)?.value;
    if (typeof method !== "function") throw new TypeError(`Cannot find ${className}.${key}`);
    // a method of an object is no constructor
    const { counted } = {
      counted(this: unknown, ...given: unknown[]): unknown {
        if (given.length < least) throw tooFew(className, key, [least, given.length]);
        return reflectApply(method, this, given);
      },
    };
    objectDefineProperty(counted, "name", { value: key, configurable: true });
    objectDefineProperty(counted, "length", { value: least, configurable: true });
    define(owner, key, counted);
  }
}

function tooFew(of: string, key: string, [least, got]: readonly [number, number]): TypeError {
  const name = of === "" ? key : `${of}.${key}`;
  const wanted = least === 1 ? "1 argument" : `${least} arguments`;
  return new TypeError(`Cannot call ${name}: expected ${wanted}, got ${got}`);
}
