// Fields that scripts add to the access line of their request (`session.log.set`). They come out of
// an isolate, so names, kinds and sizes are checked here again.

import { SluiceError } from "../base/errors.ts";
import type { LogField } from "../sandbox/call.ts";
import { LOG_FIELD_CHARS_MAX, LOG_FIELD_NAME, LOG_FIELDS_MAX } from "../wire/records.ts";

export type LogValue = string | number | boolean | null;

/** With what a call has set; the last value of a name counts. Throws script_result. */
export function withLogFields(
  before: ReadonlyMap<string, LogValue> | null,
  set: readonly LogField[],
): ReadonlyMap<string, LogValue> {
  const fields = new Map(before);
  for (const { name, value } of set) {
    if (!LOG_FIELD_NAME.test(name)) throw problem(`expected a name like user.plan`);
    fields.set(name, read(name, value));
  }
  if (fields.size <= LOG_FIELDS_MAX) return fields;
  throw problem(`expected at most ${LOG_FIELDS_MAX} fields for a request`);
}

function read(name: string, json: string): LogValue {
  if (json.length > LOG_FIELD_CHARS_MAX) {
    throw problem(`${name}: expected at most ${LOG_FIELD_CHARS_MAX} characters as JSON`);
  }
  try {
    const value: unknown = JSON.parse(json);
    if (value === null || typeof value === "number") return value;
    if (typeof value === "string" || typeof value === "boolean") return value;
  } catch {
    // no JSON: as any other value that is none of these
  }
  throw problem(`${name}: expected a string, a number, a boolean or null`);
}

const problem = (text: string): SluiceError =>
  new SluiceError("script_result", `session.log.set: ${text}`);
