// What the process of a replay is told, and what it says.

import type { CapturedRequest, ReplayRequest } from "../../control/replay.ts";
import type { Difference } from "../../observe/capture/difference.ts";
import { type OrderParts, orderOf, type RehearsalOrder } from "./rehearsal-order.ts";

export interface ReplayOrder extends Omit<RehearsalOrder, "requests"> {
  readonly captures: readonly Pick<CapturedRequest, "record" | "comparing">[];
}

/** Of one request. */
export interface ReplayReport {
  /** Null: it is as it was, or did not come so far. */
  readonly difference: Difference | null;
  /** Code of the error that ended it; null: none did. */
  readonly failure: string | null;
  /** Why it could not be replayed; null: it was. */
  readonly reason: string | null;
}

export function replayOrderOf(
  { captures, ...script }: ReplayRequest,
  parts: OrderParts,
): ReplayOrder {
  const { requests: _, ...order } = orderOf({ ...script, requests: [] }, parts);
  return { ...order, captures: captures.map(({ record, comparing }) => ({ record, comparing })) };
}

/** Whoever runs a stranger's script may have been taken over: what it says is looked at. */
export function readReport(line: string): ReplayReport | null {
  try {
    const said: unknown = JSON.parse(line);
    if (!isRecord(said)) return null;
    const { difference, failure, reason } = said;
    if (!isTextOrNull(failure) || !isTextOrNull(reason)) return null;
    if (difference === null) return { difference, failure, reason };
    if (!isRecord(difference)) return null;
    const { part, was, is } = difference;
    const isWhole = typeof part === "string" && typeof was === "string" && typeof is === "string";
    return isWhole ? { difference: { part, was, is }, failure, reason } : null;
  } catch {
    return null;
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

const isTextOrNull = (value: unknown): value is string | null =>
  value === null || typeof value === "string";
