// `session.trace`: the trace that the request is part of, as the host has it.

import type { TracePart } from "./parts.ts";
import { stringSlice } from "./primordials.ts";

const TRACE_CHARS = 32;
const SPAN_CHARS = 16;
const SAMPLED = 1;

export function traceOf(part: TracePart | null): object | null {
  if (part === null) return null;
  const { ids, state, flags } = part;
  const traceId = stringSlice(ids, 0, TRACE_CHARS);
  const spanId = stringSlice(ids, TRACE_CHARS, TRACE_CHARS + SPAN_CHARS);
  const parentId = stringSlice(ids, TRACE_CHARS + SPAN_CHARS);
  return {
    traceId,
    spanId,
    parentId: parentId === "" ? null : parentId,
    sampled: (flags & SAMPLED) !== 0,
    state,
    traceparent: `00-${traceId}-${spanId}-0${flags & 0xf}`,
  };
}
