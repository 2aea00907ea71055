// The script: its default export, made by `definePhases`, and the hooks found on it, wherever
// JavaScript finds a property: own, inherited from a class, behind a getter.

import { HOOKS, hookIndex } from "../../src/wire/phases.ts";
import type { Phases } from "../types.ts";
import { describeText, describeThrown } from "./failure.ts";
import { objectGetPrototypeOf, objectPrototype, reflectOwnKeys, uncurry } from "./primordials.ts";

type AnyHook = (session: unknown, ctx: unknown) => unknown;

/** Bytes up to which a body is kept whole for its hook; 0: it comes in chunks. */
interface BodyBytes {
  readonly request: number;
  readonly response: number;
}

declare global {
  var __sluiceScript: { readonly default?: unknown } | undefined;
}

const NEW_CTX = hookIndex("newCtx");
let hooks: (AnyHook | undefined)[] = [];
let bodies: BodyBytes = { request: 0, response: 0 };
const apply = Reflect.apply;
const stringify = JSON.stringify;
const SAFE_MAX = Number.MAX_SAFE_INTEGER;
/** Names that are told of. */
const NAMES_MAX = 256;
let loadFailure = "";

/** Marks what `definePhases` made, so that a plain object or a function is told apart. */
const made = new WeakSet<object>();
const wasMade: (value: object) => boolean = (value) => apply(WeakSet.prototype.has, made, [value]);

/** Whether `definePhases` made it. */
export const isMade = (value: unknown): value is object =>
  typeof value === "object" && value !== null && wasMade(value);

export function markPhases<C>(phases: Phases<C>): Phases<C> {
  if (typeof phases === "function") {
    throw new TypeError(
      "definePhases: expected an object of hooks, got a class or function: " +
        "of a class, pass an instance, new Guard()",
    );
  }
  if (typeof phases !== "object" || phases === null) {
    throw new TypeError("definePhases: expected an object of hooks");
  }
  made.add(phases);
  return phases;
}

/** Called by the host's wrapper when the top level of the script throws. */
export function loadFailed(thrown: unknown): void {
  loadFailure = describeThrown(thrown);
}

/**
 * Binds the hooks. JSON: { mask, unknown, isInstance, bodies } or { error: { message, stack } }.
 * `unknown` are names that are no hooks; those of an instance may be its class's own affair.
 */
export function loadScript(): string {
  const script = globalThis.__sluiceScript;
  Reflect.deleteProperty(globalThis, "__sluiceScript");
  if (loadFailure !== "") return `{"error":${loadFailure}}`;
  try {
    return bind(script?.default);
  } catch (thrown) {
    return `{"error":${describeThrown(thrown)}}`;
  }
}

function bind(phases: unknown): string {
  if (!isMade(phases)) {
    return `{"error":${describeText("expected: export default definePhases({ … })")}}`;
  }
  const wrong = wrongHook(phases);
  if (wrong !== "") return `{"error":${describeText(wrong)}}`;
  let mask = 0;
  hooks = boundHooks(phases);
  for (let index = 0; index < HOOKS.length; index++) {
    if (hooks[index] !== undefined) mask |= 1 << index;
  }
  bodies = bodyModes((phases as { bodies?: unknown }).bodies);
  return stringify({ mask, unknown: otherNames(phases), isInstance: !isPlain(phases), bodies });
}

/** What is wrong with a hook; empty: nothing. */
export function wrongHook(phases: object): string {
  for (let index = 0; index < HOOKS.length; index++) {
    const name = HOOKS[index] as string;
    const type = typeof (phases as Record<string, unknown>)[name];
    if (type !== "undefined" && type !== "function") {
      return `${name}: expected a function, got ${type}`;
    }
  }
  return "";
}

/** By their index. */
export function boundHooks(phases: object): (AnyHook | undefined)[] {
  const found: (AnyHook | undefined)[] = [];
  for (let index = 0; index < HOOKS.length; index++) {
    const value = (phases as Record<string, unknown>)[HOOKS[index] as string];
    found[index] = value === undefined ? undefined : bound(phases, value as AnyHook, index);
  }
  return found;
}

function bound(phases: object, hook: AnyHook, index: number): AnyHook {
  const call: (self: unknown, ...given: unknown[]) => unknown = uncurry(hook);
  return index === NEW_CTX ? () => call(phases) : (session, ctx) => call(phases, session, ctx);
}

/** Names of properties that are no hooks, those of its classes included. */
export function otherNames(phases: object): string[] {
  const names: string[] = [];
  for (let at: object | null = phases; at !== null && at !== objectPrototype; ) {
    const keys = reflectOwnKeys(at);
    for (let i = 0; i < keys.length && names.length < NAMES_MAX; i++) {
      const name = keys[i];
      if (typeof name !== "string" || name === "bodies") continue;
      const isMaker = name === "constructor" && at !== phases;
      if (!isMaker && !isHook(name)) names[names.length] = name;
    }
    at = objectGetPrototypeOf(at);
  }
  return names;
}

function isHook(name: string): boolean {
  for (let i = 0; i < HOOKS.length; i++) if (HOOKS[i] === name) return true;
  return false;
}

/** `{ … }`, and what a module exports; not an instance of a class. */
function isPlain(phases: object): boolean {
  const prototype: object | null = objectGetPrototypeOf(phases);
  return prototype === null || prototype === objectPrototype;
}

function bodyModes(given: unknown): BodyBytes {
  const { request, response } = (given ?? {}) as { request?: unknown; response?: unknown };
  const declared = (side: string, mode: unknown): number =>
    mode === undefined ? 0 : bodyBytes(`bodies.${side}`, mode, '"stream"');
  return { request: declared("request", request), response: declared("response", response) };
}

/** @param words  what it may be other than bytes, for the message */
export function bodyBytes(name: string, mode: unknown, words: string): number {
  if (mode === "stream") return 0;
  const bytes = (mode as { bufferBytes?: unknown } | null | undefined)?.bufferBytes;
  if (typeof bytes !== "number") {
    throw new TypeError(`${name}: expected ${words} or { bufferBytes: a whole number }`);
  }
  if (bytes >= 1 && bytes <= SAFE_MAX && bytes % 1 === 0) return bytes;
  const expected = `a whole number from 1 to ${SAFE_MAX}`;
  throw new RangeError(`${name}.bufferBytes: expected ${expected}, got ${bytes}`);
}

/** As the script declares them. */
export const scriptBodies = (): BodyBytes => bodies;

export const hookAt = (index: number): AnyHook => hooks[index] as AnyHook;
