// The script: its default export, made by `definePhases`, and the hooks found on it.

import { HOOKS, hookIndex } from "../../src/wire/phases.ts";
import type { Phases } from "../types.ts";
import { describeText, describeThrown } from "./failure.ts";
import { uncurry } from "./primordials.ts";

type AnyHook = (session: unknown, ctx: unknown) => unknown;

declare global {
  var __sluiceScript: { readonly default?: unknown } | undefined;
}

const NEW_CTX = hookIndex("newCtx");
const hooks: AnyHook[] = [];
const apply = Reflect.apply;
const keysOf = Object.keys;
const stringify = JSON.stringify;
let loadFailure = "";

/** Marks what `definePhases` made, so that a plain object or a function is told apart. */
const made = new WeakSet<object>();
const wasMade = (value: object): boolean => apply(WeakSet.prototype.has, made, [value]);

export function markPhases<C>(phases: Phases<C>): Phases<C> {
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
 * Binds the hooks. JSON: { mask, unknown: names that are no hooks } or { error: { message, stack
 * } }.
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
  if (typeof phases !== "object" || phases === null || !wasMade(phases)) {
    return `{"error":${describeText("expected: export default definePhases({ … })")}}`;
  }
  let mask = 0;
  const unknown: string[] = [];
  const keys = keysOf(phases);
  for (let i = 0; i < keys.length; i++) {
    const name = keys[i] as string;
    const value = (phases as Record<string, unknown>)[name];
    const index = (HOOKS as readonly string[]).indexOf(name);
    if (name === "bodies") continue;
    if (index < 0) unknown[unknown.length] = name;
    else if (typeof value === "function") {
      mask |= 1 << index;
      const call: (self: unknown, ...given: unknown[]) => unknown = uncurry(value as AnyHook);
      hooks[index] =
        index === NEW_CTX ? () => call(phases) : (session, ctx) => call(phases, session, ctx);
    } else if (value !== undefined) {
      return `{"error":${describeText(`${name}: expected a function, got ${typeof value}`)}}`;
    }
  }
  const bodies = bodyModes((phases as { bodies?: unknown }).bodies);
  return stringify({ mask, unknown, bodies });
}

/** Bytes up to which a body is kept whole for its hook; 0: it comes in chunks. */
function bodyModes(bodies: unknown): { request: number; response: number } {
  const { request, response } = (bodies ?? {}) as { request?: unknown; response?: unknown };
  return { request: modeOf("request", request), response: modeOf("response", response) };
}

function modeOf(side: string, mode: unknown): number {
  if (mode === undefined || mode === "stream") return 0;
  const bytes = (mode as { bufferBytes?: unknown } | null)?.bufferBytes;
  if (typeof bytes === "number" && bytes >= 1 && bytes % 1 === 0) return bytes;
  throw new TypeError(`bodies.${side}: expected "stream" or { bufferBytes: a whole number }`);
}

export const hookAt = (index: number): AnyHook => hooks[index] as AnyHook;
