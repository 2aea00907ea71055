// Texts of a frame that came out of an isolate: JSON that our runtime would have written, or a
// fault of the whole frame.

import { FAIL_CODES, LOG_LEVELS } from "../wire/records.ts";
import type { Failure } from "./call.ts";

/** Raised for a frame that our runtime cannot have written. */
export class FrameFault extends Error {}

export function asText(value: unknown): string {
  if (typeof value !== "string") throw new FrameFault("a text section that is no string");
  return value;
}

export const levelOf = (level: number): number => (LOG_LEVELS[level] === undefined ? 2 : level);

export function failureOf(code: number, json: string): Failure {
  const name = FAIL_CODES[code];
  if (name === undefined) throw new FrameFault(`failure code ${code}`);
  const said = parseJson(json);
  if (typeof said !== "object" || said === null) throw new FrameFault("a failure without text");
  const { message, stack } = said as { message?: unknown; stack?: unknown };
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  return { code: name, message: text(message), stack: text(stack) };
}

export function jsonText(json: string): string {
  const text = parseJson(json);
  if (typeof text !== "string") throw new FrameFault("a log line that is no string");
  return text;
}

/** A request's id, as the isolate tells it: what would forge other lines is not believed. */
export const idText = (id: string): string => (/^[!-~]{1,256}$/.test(id) ? id : "");

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new FrameFault("text that is not JSON");
  }
}
