// A hook's failure as logs may have it: its places in the author's files, and no secret in it.

import { placeText, type SourceLines } from "../../control/sourcemap.ts";
import type { FailureTrace } from "../../phases/deployment.ts";
import type { Failure } from "../../sandbox/call.ts";
import type { Redaction } from "../shared/redaction.ts";

export function failureTrace(
  { message, stack }: Failure,
  source: SourceLines,
  redaction: Redaction,
): FailureTrace {
  const reason = redaction.redact(message);
  if (stack === "") return { reason, at: "", stack };
  const place = source.firstPlace(stack, message);
  // secrets first: a line of theirs may look like a frame
  const shown = redaction.redact(stack);
  const frames = shown.startsWith(reason) ? shown.slice(reason.length + 1) : shown;
  const mapped = source.mapStack(frames).replace(/^ {4}/gm, "");
  return { reason, at: place === null ? "" : placeText(place), stack: mapped };
}
