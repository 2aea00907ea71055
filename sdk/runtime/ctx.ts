// ctx between JSON text and the object that hooks see. Serialising is our own walk, because JSON
// would silently change a Set into {}, NaN into null and a Date into a string: here each of those
// is an error with its path, such as `ctx.user.tags is a Set`.

import { limits } from "./port.ts";

const isArray = Array.isArray;
const keysOf = Object.keys;
const protoOf = Object.getPrototypeOf;
const objectPrototype = Object.prototype;
const parse = JSON.parse;
const quoteJson = JSON.stringify;
const isFinite = Number.isFinite;
const apply = Reflect.apply;
const exec = RegExp.prototype.exec;
const charCodeAt = String.prototype.charCodeAt;
const toTag = Object.prototype.toString;
const slice = String.prototype.slice;
const numberToString = Number.prototype.toString;

const PLAIN_STRING = /^[ !#-[\]-~]*$/;
const BEYOND_ASCII = /[^\0-\x7f]/;
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
const DEPTH_MAX = 64;

/** Raised when ctx holds what JSON cannot. `message` is the path and what stands there. */
export class CtxError extends Error {
  readonly #isOurs = true;

  /** `instanceof` asks the script, which may have replaced Error's Symbol.hasInstance. */
  static is(value: unknown): value is CtxError {
    return typeof value === "object" && value !== null && #isOurs in value;
  }
}

export const parseCtx = (text: string): unknown =>
  text === "" || text === "{}" ? {} : parse(text);

/** ASCII JSON text of a ctx. Throws CtxError for anything that JSON would change. */
export function ctxText(ctx: unknown): string {
  if (ctx === undefined) return "{}";
  const text = write(ctx, 0);
  if (text.length > limits.ctxBytes) {
    const most = `${limits.ctxBytes} (limits.ctxBytes)`;
    throw new CtxError(`ctx has ${text.length} characters as JSON, of at most ${most}`);
  }
  if (text !== FAULT) return text;
  throw new CtxError(locate(ctx, "ctx", 0) || "ctx is not JSON");
}

/** Throws CtxError for what `ctxText` would not take, and writes nothing. */
export function checkCtx(ctx: unknown): void {
  if (ctx === undefined || isJson(ctx, 0)) return;
  throw new CtxError(locate(ctx, "ctx", 0) || "ctx is not JSON");
}

/** A string as ASCII JSON. */
export function quote(text: string): string {
  return isPlain(text) ? `"${text}"` : toAscii(quoteJson(text));
}

/** Up to this length a loop finds out sooner than an expression, whose result is an object. */
const LOOP_MAX = 48;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Printable ASCII that JSON writes as it is. */
function isPlain(text: string): boolean {
  if (text.length > LOOP_MAX) return apply(exec, PLAIN_STRING, [text]) !== null;
  for (let i = 0; i < text.length; i++) {
    const code: number = apply(charCodeAt, text, [i]);
    if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) return false;
  }
  return true;
}

/** JSON text with all that is beyond ASCII written as \u escapes. */
export function toAscii(json: string): string {
  if (apply(exec, BEYOND_ASCII, [json]) === null) return json;
  let ascii = "";
  for (let i = 0; i < json.length; i++) {
    const code: number = apply(charCodeAt, json, [i]);
    ascii += code < 0x80 ? json[i] : `\\u${hex4(code)}`;
  }
  return ascii;
}

function hex4(code: number): string {
  const digits: string = apply(numberToString, code + 0x10000, [16]);
  return apply(slice, digits, [1]);
}

/** What `write` returns for a value that is not JSON: no JSON text is empty. */
const FAULT = "";

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case "string":
      return quote(value);
    case "number":
      return isFinite(value) ? `${value}` : FAULT;
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      if (depth >= DEPTH_MAX) return FAULT;
      return isArray(value) ? writeArray(value, depth) : writeObject(value, depth);
    default:
      return FAULT;
  }
}

function writeArray(array: unknown[], depth: number): string {
  let text = "[";
  for (let i = 0; i < array.length; i++) {
    const item = write(array[i], depth + 1);
    if (item === FAULT) return FAULT;
    text += i === 0 ? item : `,${item}`;
  }
  return `${text}]`;
}

function writeObject(object: object, depth: number): string {
  if (!isPlainObject(object)) return FAULT;
  const keys = keysOf(object);
  let text = "{";
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    const value = (object as Record<string, unknown>)[key];
    if (value === undefined) continue; // an optional property left out, as JSON has it
    const item = write(value, depth + 1);
    if (item === FAULT) return FAULT;
    text += text === "{" ? `${quote(key)}:${item}` : `,${quote(key)}:${item}`;
  }
  return `${text}}`;
}

function isJson(value: unknown, depth: number): boolean {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return true;
  if (typeof value === "number") return isFinite(value);
  if (typeof value !== "object" || depth >= DEPTH_MAX) return false;
  if (isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isJson(value[i], depth + 1)) return false;
    return true;
  }
  if (!isPlainObject(value)) return false;
  const keys = keysOf(value);
  for (let i = 0; i < keys.length; i++) {
    const item = (value as Record<string, unknown>)[keys[i] as string];
    if (item !== undefined && !isJson(item, depth + 1)) return false;
  }
  return true;
}

function isPlainObject(object: object): boolean {
  const proto = protoOf(object);
  return proto === objectPrototype || proto === null;
}

/**
 * The second walk, on failure only: the path of the first value that is not JSON, and what it is.
 */
function locate(value: unknown, path: string, depth: number): string {
  if (value === null || typeof value === "string" || typeof value === "boolean") return "";
  if (typeof value === "number") return isFinite(value) ? "" : `${path} is ${value}`;
  if (value === undefined) return `${path} is undefined`;
  if (typeof value !== "object") return `${path} is a ${typeof value}`;
  if (depth >= DEPTH_MAX) return `${path} is a cycle, or nested over ${DEPTH_MAX} deep`;
  if (!isArray(value) && !isPlainObject(value)) return `${path} is ${kindOf(value)}`;
  if (isArray(value)) return locateIn(value, path, depth);
  const keys = keysOf(value);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    const child = (value as Record<string, unknown>)[key];
    if (child === undefined) continue;
    const found = locate(child, path + step(key), depth + 1);
    if (found !== "") return found;
  }
  return "";
}

/** By index and not by key, because a hole has no key. */
function locateIn(array: readonly unknown[], path: string, depth: number): string {
  for (let i = 0; i < array.length; i++) {
    const found = locate(array[i], `${path}[${i}]`, depth + 1);
    if (found !== "") return found;
  }
  return "";
}

function step(key: string): string {
  return apply(exec, IDENTIFIER, [key]) === null ? `[${quote(key)}]` : `.${key}`;
}

/** `a Set`, `a Date`, `an instance of Account`. */
function kindOf(object: object): string {
  const tag: string = apply(toTag, object, []);
  const name: string = apply(slice, tag, [8, -1]);
  if (name !== "Object") return `a ${name}`;
  const maker: unknown = (object as { constructor?: unknown }).constructor;
  const known = typeof maker === "function" && typeof maker.name === "string" ? maker.name : "";
  return known === "" ? "an object with a prototype" : `an instance of ${known}`;
}
