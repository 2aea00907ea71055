// The JSON that the admin API accepts: RFC 8259, and where that leaves a choice, the reading that
// is not ambiguous. Each key occurs once, the text is UTF-8, and nesting is bounded.

import { LIMITS } from "../../base/limits.ts";
import { ApiError } from "./problem.ts";

/** Throws an ApiError for what is not JSON as we take it. */
export function parseJson(bytes: Uint8Array): unknown {
  const text = decode(bytes);
  const doubtful = doubtfulKey(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : "unknown";
    throw new ApiError(400, `Cannot read the body: expected JSON, got an error: ${reason}`);
  }
  if (doubtful !== null) throw new ApiError(400, `Cannot read the body: ${doubtful}`);
  return value;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ApiError(400, "Cannot read the body: expected UTF-8, got other bytes");
  }
}

/** Null for an array, which has no keys. */
type Container = Set<string> | null;

const SIGNIFICANT = /["{}[\],]/g;

/**
 * The first key that stands twice in its object, or that objects take for something else. The text
 * need not be JSON: what is wrong with it otherwise, JSON.parse says better.
 */
function doubtfulKey(text: string): string | null {
  const open: Container[] = [];
  let isKeyNext = false;
  let doubtful: string | null = null;
  SIGNIFICANT.lastIndex = 0;
  for (let found = SIGNIFICANT.exec(text); found !== null; found = SIGNIFICANT.exec(text)) {
    const [sign] = found;
    if (sign === '"') {
      const end = stringEnd(text, found.index);
      if (isKeyNext) doubtful ??= objection(text.slice(found.index, end), open.at(-1) ?? null);
      isKeyNext = false;
      SIGNIFICANT.lastIndex = end;
    } else if (sign === "{" || sign === "[") {
      open.push(sign === "{" ? new Set() : null);
      if (open.length > LIMITS.apiJsonDepth) throw tooDeep();
      isKeyNext = sign === "{";
    } else if (sign === ",") {
      isKeyNext = (open.at(-1) ?? null) !== null;
    } else {
      open.pop();
      isKeyNext = false;
    }
  }
  return doubtful;
}

/** Behind the closing quote. */
function stringEnd(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text[at - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return at + 1;
  }
  return text.length;
}

function objection(literal: string, keys: Container): string | null {
  const key = literal.includes("\\") ? unescaped(literal) : literal.slice(1, -1);
  const shown = JSON.stringify(key.slice(0, 60));
  if (key === "__proto__") return `expected another key than ${shown}`;
  if (keys?.has(key)) return `expected each key once, got ${shown} again`;
  keys?.add(key);
  return null;
}

function unescaped(literal: string): string {
  try {
    return String(JSON.parse(literal));
  } catch {
    return literal;
  }
}

const tooDeep = (): ApiError =>
  new ApiError(400, `Cannot read the body: expected at most ${LIMITS.apiJsonDepth} levels of JSON`);
