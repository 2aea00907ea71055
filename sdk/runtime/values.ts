// `flag` and `secret`: what operators change while a script runs. The host hands all of them in
// before a turn when one has changed, so that a read is a look into an object, not a host call.

import type { Json } from "../types.ts";
import { deepFrozen } from "./frozen.ts";
import { learnt, SOURCE } from "./learnt.ts";

type Named = Readonly<Record<string, Json>>;

interface Values {
  readonly flags: Named;
  /** Null: no key of the proxy's decrypts them. */
  readonly secrets: Readonly<Record<string, string>> | null;
}

const parse = JSON.parse;
const hasOwn = Object.hasOwn;
const isArray = Array.isArray;

/** Null: the top level runs, which runs once and would keep what it reads for ever. */
let values: Values | null = null;

/** From the host. */
export function setValues(text: string): void {
  values = deepFrozen(parse(text));
}

/**
 * The value of a feature flag, or `fallback`: if there is no such flag, or its value is of another
 * kind. To be read in a hook, each time: operators flip flags while the script runs. No host call.
 */
export function flag(name: string, fallback: boolean): boolean;
export function flag(name: string, fallback: number): number;
export function flag(name: string, fallback: string): string;
export function flag<T extends Json>(name: string, fallback: T): T;
export function flag(name: string, fallback: Json): Json {
  const { flags } = inHook(`flag ${name}`);
  const value = learnt(SOURCE.flag, name, hasOwn(flags, name) ? flags[name] : undefined);
  if (value === undefined) return fallback;
  return fallback === null || kindOf(value) === kindOf(fallback) ? value : fallback;
}

/**
 * The value of a secret. To be read in a hook, each time. Throws if there is none of that name: a
 * check against a secret that is missing must not pass.
 */
export function secret(name: string): string {
  const { secrets } = inHook(`secret ${name}`);
  if (secrets === null) throw new Error(`secret ${name}: it cannot be decrypted`);
  const value = learnt(SOURCE.secret, name, hasOwn(secrets, name) ? secrets[name] : undefined);
  if (value !== undefined) return value;
  throw new Error(`secret ${name}: there is none (sluice secret put ${name})`);
}

function inHook(what: string): Values {
  if (values !== null) return values;
  throw new Error(`${what}: read it in a hook; the top level runs once, and would miss changes`);
}

function kindOf(value: Json): string {
  if (isArray(value)) return "array";
  return value === null ? "null" : typeof value;
}
