// Any value as text for a log, in the manner of JSON where it is JSON. Never throws, whatever the
// script's getters do, and looks no further than what a line can show.

import { checkJson } from "./ctx.ts";
import { errorText } from "./error-text.ts";
import { kindText } from "./inspect-kinds.ts";
import type { Inspection } from "./inspection.ts";
import {
  arrayIsArray,
  jsonStringify,
  mathMin,
  objectGetPrototypeOf,
  objectPrototype,
  reflectApply,
  uncurry,
} from "./primordials.ts";

/** Objects in objects. Deeper ones are shown as what they are. */
const DEPTH_MAX = 6;
/** Members of one object, or of one list. */
const MEMBERS_MAX = 100;
/** Characters, roughly: what is beyond is not looked at. */
const CHARS_MAX = 8192;

const keysOf = Object.keys;
const ErrorClass = Error;
const symbolToString: (symbol: symbol) => string = uncurry(Symbol.prototype.toString);

class Walk implements Inspection {
  /** Objects around the one that is looked at: one of them again is a cycle. */
  readonly #around: object[] = [];
  #chars = 0;

  value(value: unknown): string {
    if (typeof value === "object" && value !== null) return this.#object(value);
    const text = simple(value);
    this.#chars += text.length;
    return text;
  }

  list(length: number, item: (index: number) => string, brackets = "[]"): string {
    const shown = mathMin(length, MEMBERS_MAX);
    let text = brackets[0] ?? "";
    let at = 0;
    for (; at < shown && this.#chars < CHARS_MAX; at++) text += (at === 0 ? "" : ",") + item(at);
    if (at < length) text += `${at === 0 ? "" : ","}… ${length - at} more`;
    return text + (brackets[1] ?? "");
  }

  members(object: object, isShown: (key: string) => boolean = () => true): string {
    const keys = keysOf(object);
    const shown: string[] = [];
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      if (isShown(key)) shown[shown.length] = key;
    }
    const member = (index: number): string => {
      const key = shown[index] as string;
      return `${jsonStringify(key)}:${this.value(Reflect.get(object, key))}`;
    };
    return this.list(shown.length, member, "{}");
  }

  #object(object: object): string {
    const around = this.#around;
    for (let i = 0; i < around.length; i++) if (around[i] === object) return "[circular]";
    if (around.length >= DEPTH_MAX) return arrayIsArray(object) ? "[Array]" : "[Object]";
    around[around.length] = object;
    try {
      return this.#described(object);
    } catch {
      return "[an object that cannot be read]";
    } finally {
      around.length--;
    }
  }

  #described(object: object): string {
    if (arrayIsArray(object)) return this.list(object.length, (index) => this.value(object[index]));
    // a line of its own for what closes it: frames are lines
    if (object instanceof ErrorClass) return `[${errorText(object, this)}\n]`;
    const known = kindText(object, this);
    if (known !== null) return known;
    const toJson: unknown = Reflect.get(object, "toJSON");
    if (typeof toJson === "function") return this.value(reflectApply(toJson, object, [""]));
    return classOf(object) + this.members(object);
  }
}

function simple(value: unknown): string {
  if (typeof value === "string") return jsonStringify(value) ?? "";
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "symbol") return symbolToString(value);
  return typeof value === "function" ? `[function ${nameOf(value)}]` : `${value}`;
}

/** `Guard `; "" for a plain object. */
function classOf(object: object): string {
  const prototype: object | null = objectGetPrototypeOf(object);
  if (prototype === null || prototype === objectPrototype) return "";
  return `${nameOf(Reflect.get(prototype, "constructor")) || "Object"} `;
}

function nameOf(value: unknown): string {
  const name: unknown = typeof value === "function" ? Reflect.get(value, "name") : "";
  return typeof name === "string" ? name : "";
}

/** A part of a line: text as it is, anything else as it would be written. */
export function inspect(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "bigint") return `${value}`;
  if (typeof value !== "object" || value === null) return simple(value);
  try {
    if (value instanceof ErrorClass) return inspectError(value);
  } catch {
    // as any other object then
  }
  return asJson(value) ?? new Walk().value(value);
}

/** Of an error, or of what has a message as one. May throw what the script's getters do. */
export const inspectError = (error: object): string => errorText(error, new Walk());

/** As a member of something: texts are quoted. */
export const inspectMember = (value: unknown): string => new Walk().value(value);

/** Null: JSON would change it, or cannot have it. */
function asJson(value: object): string | null {
  try {
    checkJson(value);
    return jsonStringify(value) ?? null;
  } catch {
    return null;
  }
}
