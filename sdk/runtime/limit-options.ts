// What declarations of limits have in common: their names, their options, and the number that the
// host gives each.

import type { LimitRule } from "../../src/wire/limits/algorithms.ts";
import { type LimitMemory, limitMemory } from "../../src/wire/limits/layout.ts";
import { limits, port } from "./shared.ts";

/** Of a limit, and of a burst. */
export const COUNT_MAX = 1_000_000;

const NAME = /^[!-~]{1,128}$/;
const OVER_LIMIT = -2;

const apply = Reflect.apply;
const exec = RegExp.prototype.exec;
const isInteger = Number.isSafeInteger;
const keysOf = Object.keys;

/** Null: the script names no limits. */
export const memory: LimitMemory | null =
  port.rateLimits === undefined ? null : limitMemory(port.rateLimits);

export function checkName(kind: string, name: unknown): void {
  if (typeof name !== "string" || apply(exec, NAME, [name]) === null) {
    throw new TypeError(`${kind}: expected a name of 1 to 128 printable ASCII characters`);
  }
}

/** @param what  for errors: what is declared, and its name */
export function optionsFrom(
  what: string,
  options: unknown,
  { known, expected }: { readonly known: readonly string[]; readonly expected: string },
): Partial<Record<string, unknown>> {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${what}: expected { ${expected} }, got ${typeof options}`);
  }
  const given: Partial<Record<string, unknown>> = { ...options };
  const names = keysOf(given);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] ?? "";
    if (!isAmong(known, name)) {
      let all = known[0] ?? "";
      for (let k = 1; k < known.length; k++) all += `, ${known[k]}`;
      throw new TypeError(`${what}: ${shown(name)} is no option: ${all}`);
    }
  }
  return given;
}

function isAmong(known: readonly string[], name: string): boolean {
  for (let i = 0; i < known.length; i++) if (known[i] === name) return true;
  return false;
}

/** The limit's number, and the memory that it is in. */
export function declare(
  kind: string,
  name: string,
  { algorithm, limit, windowMs, burst }: LimitRule,
): { readonly id: number; readonly memory: LimitMemory } {
  if (memory === null) throw new Error(`${kind} ${name}: expected the script to say ${kind}`);
  const id = port.limitOf(name, algorithm, limit, windowMs, burst);
  if (id === OVER_LIMIT) {
    const most = `${limits.rateLimits} (limits.rateLimits)`;
    throw new RangeError(`${kind} ${name}: the tenant has as many as it may have, ${most}`);
  }
  if (id <= 0) throw new RangeError(`${kind} ${name}: there is no room for more limits`);
  return { id, memory };
}

export function whole(what: string, option: string, given: unknown, most: number): number {
  if (typeof given === "number" && isInteger(given) && given >= 1 && given <= most) return given;
  const expected = `expected a whole number from 1 to ${most}`;
  throw new RangeError(`${what}: ${option}: ${expected}, got ${shown(given)}`);
}

export function shown(value: unknown): string {
  if (typeof value === "string") return `"${value.length > 40 ? "…" : value}"`;
  return typeof value === "number" ? `${value}` : typeof value;
}
