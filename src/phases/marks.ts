// Moments that scripts mark in the time of their request (`session.timing.mark`). They come out of
// an isolate, so names and times are checked here again.

import { SluiceError } from "../base/errors.ts";
import type { MarkSaid } from "../sandbox/call.ts";
import { LOG_FIELD_NAME, MARKS_MAX } from "../wire/records.ts";

/** By their names: milliseconds since the start of the request. */
export type Marks = Readonly<Record<string, number>>;

/** With what a call has marked; the last of a name counts. Throws script_result. */
export function withMarks(before: Marks | null, said: readonly MarkSaid[]): Marks {
  const marks = new Map(Object.entries(before ?? {}));
  for (const { name, ms } of said) {
    const atMs = Number(ms);
    const isTime = ms !== "" && atMs >= 0 && atMs <= Number.MAX_SAFE_INTEGER;
    if (!isTime || !LOG_FIELD_NAME.test(name)) throw problem("expected a name and a time");
    marks.set(name, atMs);
  }
  if (marks.size > MARKS_MAX) throw problem(`expected at most ${MARKS_MAX} marks for a request`);
  return Object.fromEntries(marks);
}

const problem = (text: string): SluiceError =>
  new SluiceError("script_result", `session.timing.mark: ${text}`);
