// W3C Trace Context (level 2): `traceparent` and `tracestate`, read strictly, since clients may
// write anything there, and ids of our own.
//
//   traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
//                version, trace, span that sent it, flags

import { randomFillSync } from "node:crypto";
import { LIMITS } from "./limits.ts";

export interface TraceParent {
  /** 32 digits, not all of them zero. */
  readonly traceId: string;
  /** 16 digits: the span that sent it. */
  readonly spanId: string;
  readonly flags: number;
}

export const TRACE_FLAGS = { sampled: 1, random: 2 } as const;

const KNOWN_FLAGS = TRACE_FLAGS.sampled | TRACE_FLAGS.random;

/** A version that nobody knows yet may have more behind it; what is here stays as it is. */
const PARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[ -~]*)?$/;
const ZEROS = /^0+$/;

/** Null: it is none, so that the request begins a trace. */
export function parseTraceParent(text: string): TraceParent | null {
  if (text.length > LIMITS.traceParentChars) return null;
  const [, version, traceId = "", spanId = "", flags = "", rest] = PARENT.exec(text) ?? [];
  if (version === undefined || version === "ff") return null;
  if (version === "00" && rest !== undefined) return null;
  if (ZEROS.test(traceId) || ZEROS.test(spanId)) return null;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) & KNOWN_FLAGS };
}

export const traceParentText = ({ traceId, spanId, flags }: TraceParent): string =>
  `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, "0")}`;

const MEMBER = /^([a-z0-9][a-z0-9_\-*/@]{0,255})=([ -+\--<>-~]{0,255}[!-+\--<>-~])$/;
const MEMBERS_MAX = 32;

/**
 * The value of `tracestate`, lines of it joined with commas, as it is to be passed on: whole
 * members, at most 512 characters. Empty: there is none, or it is not valid.
 */
export function checkedTraceState(text: string): string {
  if (text.length > LIMITS.traceStateReadChars) return "";
  const members = text.split(",").map(trimmed).filter(Boolean);
  const keys = new Set<string>();
  for (const member of members) {
    const [, key] = MEMBER.exec(member) ?? [];
    if (key === undefined || keys.has(key)) return "";
    keys.add(key);
  }
  if (members.length > MEMBERS_MAX) return "";
  return withinChars(members).join(",");
}

const trimmed = (member: string): string => member.replace(/^[\t ]+|[\t ]+$/g, "");

/** The longest go first, then those at the end: section 3.3.1.5. */
function withinChars(members: readonly string[]): readonly string[] {
  if (members.join(",").length <= LIMITS.traceStateChars) return members;
  const kept = members.filter(({ length }) => length <= LIMITS.traceStateMemberChars);
  while (kept.join(",").length > LIMITS.traceStateChars) kept.pop();
  return kept;
}

// Ids are cut from one string of random digits, made for many of them.
const bytes = Buffer.alloc(8 * LIMITS.idsBatch);
let digits = "";
let position = 0;

function randomDigits(count: number): string {
  if (position + count > digits.length) {
    digits = randomFillSync(bytes).toString("hex");
    position = 0;
  }
  const id = digits.slice(position, position + count);
  position += count;
  return ZEROS.test(id) ? randomDigits(count) : id;
}

export const makeTraceId = (): string => randomDigits(32);
export const makeSpanId = (): string => randomDigits(16);

const RANDOM_DIGITS = 13;
const RANDOMS = 16 ** RANDOM_DIGITS;

/** By the last digits of the trace, so that all who see it decide alike. */
export function isWithinRatio(traceId: string, ratio: number): boolean {
  const drawn = Number.parseInt(traceId.slice(-RANDOM_DIGITS), 16);
  return drawn >= (1 - ratio) * RANDOMS;
}
