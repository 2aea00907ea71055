// Checks what a cell says to the main thread. The process runs hostile code, and may say anything.

import type { BodyModes } from "../../sandbox/load-result.ts";
import { HOOKS } from "../../wire/phases.ts";
import type { HookSet } from "../shared/cell-messages.ts";

export interface CellReport {
  /** Since its start. */
  readonly turns: number;
  readonly heapBytes: ReadonlyMap<string, number>;
}

/** Null: it was not started, only stored. */
export type TriedResult = HookSet | StartFailure | null;

export interface StartFailure {
  readonly error: { readonly message: string; readonly stack: string };
}

export type CellWords =
  | { readonly type: "ready" }
  | { readonly type: "loaded"; readonly key: number; readonly result: TriedResult }
  | { readonly type: "report"; readonly report: CellReport };

const TEXT_CHARS_MAX = 8_192;
const UNKNOWN_MAX = 64;
const TENANTS_MAX = 100_000;

/** Null: no honest cell says that. */
export function readFromCell(message: unknown): CellWords | null {
  if (!isRecord(message)) return null;
  if (message.type === "ready") return { type: "ready" };
  if (message.type === "report") return reportOf(message);
  const { type, key, result } = message;
  if (type !== "loaded" || !isCount(key)) return null;
  if (result === null) return { type, key, result };
  const tried = triedResult(result);
  return tried === null ? null : { type, key, result: tried };
}

function triedResult(result: unknown): TriedResult {
  if (!isRecord(result)) return null;
  if (isRecord(result.error)) {
    const { message, stack } = result.error;
    return { error: { message: textOf(message), stack: textOf(stack) } };
  }
  const { mask, unknown, bodies } = result;
  if (!isCount(mask) || mask >= 2 ** HOOKS.length || !Array.isArray(unknown)) return null;
  const modes = bodyModes(bodies);
  if (modes === null) return null;
  return { mask, unknown: unknown.slice(0, UNKNOWN_MAX).map(textOf), bodies: modes };
}

function bodyModes(bodies: unknown): BodyModes | null {
  if (!isRecord(bodies)) return null;
  const { request, response } = bodies;
  return isCount(request) && isCount(response) ? { request, response } : null;
}

function reportOf({ turns, tenants }: Readonly<Record<string, unknown>>): CellWords | null {
  if (!isCount(turns) || !Array.isArray(tenants) || tenants.length > TENANTS_MAX) return null;
  const heapBytes = new Map<string, number>();
  for (const tenant of tenants.filter(isRecord)) {
    if (isCount(tenant.heapBytes)) heapBytes.set(textOf(tenant.name), tenant.heapBytes);
  }
  return { type: "report", report: { turns, heapBytes } };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

const textOf = (value: unknown): string =>
  typeof value === "string" ? value.slice(0, TEXT_CHARS_MAX) : "";
