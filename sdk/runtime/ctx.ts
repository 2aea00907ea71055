// ctx between JSON text and the object that hooks see. A walk of our own comes before JSON, which
// would silently change a Set into {}, NaN into null and a Date into a string: here each of those
// is an error with its path, such as `ctx.user.tags is a Set`. Bytes alone are more than JSON.

import { MARK_AS_JSON } from "../../src/wire/ctx-text.ts";
import { CTX_CHARS_MAX } from "../../src/wire/records.ts";
import { quote, toAscii } from "./ascii-json.ts";
import { isBytes, marked, textLengthOf, unmarked } from "./ctx-bytes.ts";
import { limits } from "./port.ts";
import { regexpExec, stringCharCodeAt, stringIncludes, stringSlice } from "./primordials.ts";

const isArray = Array.isArray;
const keysOf = Object.keys;
const hasOwn = Object.hasOwn;
const protoOf = Object.getPrototypeOf;
const objectPrototype = Object.prototype;
const parse = JSON.parse;
const stringify = JSON.stringify;
const isFinite = Number.isFinite;
const apply = Reflect.apply;
const toTag = Object.prototype.toString;

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
const DEPTH_MAX = 64;
/** What is certainly longer as text is not written: it may be longer than a string can be. */
const WRITTEN_MAX = 4 * CTX_CHARS_MAX;

/** Raised when ctx holds what JSON cannot. `message` is the path and what stands there. */
export class CtxError extends Error {
  readonly #isOurs = true;

  /** `instanceof` asks the script, which may have replaced Error's Symbol.hasInstance. */
  static is(value: unknown): value is CtxError {
    return typeof value === "object" && value !== null && #isOurs in value;
  }
}

export function parseCtx(text: string): unknown {
  if (text === "" || text === "{}") return {};
  const ctx = parse(text);
  return stringIncludes(text, MARK_AS_JSON) ? unmarked(ctx) : ctx;
}

/**
 * The ctx as its text would have it, out of the reach of whoever made it. Throws CtxError. Most are
 * flat, and to copy those costs a tenth of what writing and reading them does.
 */
export function ownCtx(ctx: unknown): unknown {
  if (typeof ctx === "object" && ctx !== null && isPlainObject(ctx)) {
    const copy = { ...ctx };
    if (isFlat(copy)) return copy;
  }
  return parseCtx(ctxText(ctx));
}

function isFlat(object: Readonly<Record<string, unknown>>): boolean {
  for (const key in object) {
    const value = object[key];
    const isJson =
      typeof value === "number"
        ? isFinite(value)
        : typeof value === "string" || typeof value === "boolean" || value === null;
    if (!isJson) return false;
  }
  return true;
}

/** ASCII JSON text of a ctx. Throws CtxError for anything but bytes that JSON would change. */
export function ctxText(ctx: unknown): string {
  if (ctx === undefined) return "{}";
  checkCtx(ctx);
  return written(isMarked ? marked(ctx) : ctx);
}

/** The same without bytes: for what a hook returns to the host. */
export function jsonText(value: unknown): string {
  if (value === undefined) return "{}";
  checkJson(value);
  return written(value);
}

/**
 * ASCII JSON text of a value that is kept elsewhere, which `parseCtx` reads. Throws TypeError for
 * what is neither JSON nor bytes, RangeError for what is longer than `most`.
 */
export function valueText(value: unknown, what: string, most: number): string {
  const wrong = find(value, what, true);
  if (wrong !== "") throw new TypeError(wrong);
  const json: unknown = sizeMin > WRITTEN_MAX ? "" : stringify(isMarked ? marked(value) : value);
  if (typeof json !== "string") throw new TypeError(`${what} is not JSON`);
  const text = toAscii(json);
  if (sizeMin <= WRITTEN_MAX && text.length <= most) return text;
  throw new RangeError(`${what}: expected at most ${most} characters as JSON`);
}

function written(value: unknown): string {
  if (sizeMin > WRITTEN_MAX) throw tooLong(`over ${WRITTEN_MAX}`);
  const json: unknown = stringify(value);
  if (typeof json !== "string") throw new CtxError(NOT_JSON);
  const text = toAscii(json);
  if (text.length <= limits.ctxBytes) return text;
  throw tooLong(`${text.length}`);
}

function tooLong(size: string): CtxError {
  const most = `${limits.ctxBytes} (limits.ctxBytes)`;
  return new CtxError(`ctx has ${size} characters as JSON, of at most ${most}`);
}

/** Throws CtxError for what `ctxText` would not take, and writes nothing. */
export function checkCtx(ctx: unknown): void {
  check(ctx, true);
}

/** Throws CtxError for what JSON would change. */
export function checkJson(value: unknown): void {
  check(value, false);
}

function check(value: unknown, withBytes: boolean): void {
  const wrong = find(value, "ctx", withBytes);
  if (value !== undefined && wrong !== "") throw new CtxError(wrong);
}

/** The first place in it that JSON would change, and what stands there; empty: there is none. */
function find(value: unknown, what: string, withBytes: boolean): string {
  sizeMin = 0;
  isMarked = false;
  takesBytes = withBytes;
  if (isJson(value, 0)) return "";
  return locate(value, what, 0) || `${what} is not JSON`;
}

const NOT_JSON = "ctx is not JSON";

/** Characters that the value has at least as JSON, as far as `isJson` has seen it. */
let sizeMin = 0;
/** Whether `isJson` has seen bytes, or a string that would be taken for some. */
let isMarked = false;
let takesBytes = false;

/** Whether JSON would write it as it is. What is too long anyway is not looked at to its end. */
function isJson(value: unknown, depth: number): boolean {
  if (typeof value === "string") {
    sizeMin += value.length;
    if (stringCharCodeAt(value, 0) === 0) isMarked = true;
    return true;
  }
  if (typeof value === "number") return isFinite(value);
  if (typeof value === "boolean" || value === null) return true;
  if (typeof value !== "object" || depth >= DEPTH_MAX) return false;
  return isArray(value) ? isJsonArray(value, depth) : isJsonObject(value, depth);
}

function isJsonArray(array: readonly unknown[], depth: number): boolean {
  for (let i = 0; i < array.length && sizeMin <= WRITTEN_MAX; i++) {
    sizeMin++;
    if (!isJson(array[i], depth + 1)) return false;
  }
  return true;
}

/** By for-in, which makes no list of keys, and finds what the script hung on Object.prototype. */
function isJsonObject(object: object, depth: number): boolean {
  if (!isPlainObject(object)) return areBytes(object);
  for (const key in object) {
    const value = (object as Record<string, unknown>)[key];
    sizeMin += key.length;
    if (sizeMin > WRITTEN_MAX) return true;
    if (value === undefined) continue; // an optional property left out, as JSON has it
    if (!isJson(value, depth + 1) && hasOwn(object, key)) return false;
  }
  return true;
}

function areBytes(object: object): boolean {
  if (!takesBytes || !isBytes(object)) return false;
  isMarked = true;
  sizeMin += textLengthOf(object);
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
  if (!isArray(value) && !isPlainObject(value)) {
    return takesBytes && isBytes(value) ? "" : `${path} is ${kindOf(value)}`;
  }
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
  return regexpExec(IDENTIFIER, key) === null ? `[${quote(key)}]` : `.${key}`;
}

/** `a Set`, `a Date`, `an instance of Account`. */
function kindOf(object: object): string {
  const tag: string = apply(toTag, object, []);
  const name = stringSlice(tag, 8, -1);
  if (name !== "Object") return `a ${name}`;
  const maker: unknown = (object as { constructor?: unknown }).constructor;
  const known = typeof maker === "function" && typeof maker.name === "string" ? maker.name : "";
  return known === "" ? "an object with a prototype" : `an instance of ${known}`;
}
