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

/** Before `installClasses`: each method of our own classes counts what it is given. */
export function countArguments(classes: Classes): void {
  for (const [name, value] of Object.entries(classes)) {
    countIn(value, name);
    countIn(value.prototype, name);
  }
}

function countIn(owner: object, className: string): void {
  for (const key of Object.getOwnPropertyNames(owner)) {
    const method: unknown = objectGetOwnPropertyDescriptor(owner, key)?.value;
    // an async one rejects what is `undefined` by itself
    if (!isMethod(method) || key === "constructor" || method instanceof AsyncFunction) continue;
    if (method.length > 0) define(owner, key, counted(method, key, `${className}.${key}`));
  }
}

const AsyncFunction = (async () => {}).constructor;

type Method = (this: unknown, ...given: never[]) => unknown;
const isMethod = (value: unknown): value is Method => typeof value === "function";

/**
 * The same function, but one that throws, as Web IDL has it, if it gets fewer arguments than it
 * needs. That is its `length`: a parameter that may be left out must have a default.
 */
export function counted(method: Method, name: string, shown = name): Method {
  const least = method.length;
  // a method of an object is no constructor
  const { made } = {
    made(this: unknown, ...given: never[]): unknown {
      if (given.length < least) throw tooFew(shown, least, given.length);
      return reflectApply(method, this, given);
    },
  };
  objectDefineProperty(made, "name", { value: name, configurable: true });
  objectDefineProperty(made, "length", { value: least, configurable: true });
  return made;
}

function tooFew(name: string, least: number, got: number): TypeError {
  const wanted = least === 1 ? "1 argument" : `${least} arguments`;
  return new TypeError(`Cannot call ${name}: expected ${wanted}, got ${got}`);
}
