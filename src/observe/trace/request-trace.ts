// The trace that a request is part of, by W3C Trace Context: ids, and whether it is sampled. Where
// its time goes is in timings.ts; which spans are made of both, in request-spans.ts.

import {
  checkedTraceState,
  isWithinRatio,
  makeSpanId,
  makeTraceId,
  parseTraceParent,
  TRACE_FLAGS,
  type TraceParent,
  traceParentText,
} from "../../base/trace-context.ts";
import { fieldOf, hasField, removeFields } from "../../wire/headers.ts";

/** As a request is replayed: plain data. */
export interface TraceFacts {
  readonly traceId: string;
  /** Of the request here. */
  readonly spanId: string;
  /** Of who sent it; empty: the trace begins here. */
  readonly parentId: string;
  readonly flags: number;
  /** `tracestate`; empty: none. */
  readonly state: string;
}

export interface Sampling {
  /** A trace that has begun elsewhere is sampled if it says so. */
  readonly isParentBased: boolean;
  /** Of the others. */
  readonly ratio: number;
}

const NAMES: ReadonlySet<string> = new Set(["traceparent", "tracestate"]);

export class RequestTrace implements TraceFacts {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string;
  readonly flags: number;
  readonly state: string;
  /** What a client said that is not believed; null: nothing. */
  readonly link: TraceParent | null;

  constructor({ traceId, spanId, parentId, flags, state }: TraceFacts, link: TraceParent | null) {
    this.traceId = traceId;
    this.spanId = spanId;
    this.parentId = parentId;
    this.flags = flags;
    this.state = state;
    this.link = link;
  }

  get isSampled(): boolean {
    return (this.flags & TRACE_FLAGS.sampled) !== 0;
  }

  /** The block as it is sent on by one of its spans, whatever it said of a trace before. */
  sendOn(headers: string, spanId: string): string {
    const hasOwn = hasField(headers, "traceparent") || hasField(headers, "tracestate");
    return (hasOwn ? removeFields(headers, NAMES) : headers) + this.linesOf(spanId);
  }

  linesOf(spanId: string): string {
    const { traceId, flags, state } = this;
    const parent = `traceparent: ${traceParentText({ traceId, spanId, flags })}\r\n`;
    return state === "" ? parent : `${parent}tracestate: ${state}\r\n`;
  }
}

/** @param isTrusted  what the request says of a trace is believed */
export function traceOf(headers: string, isTrusted: boolean, sampling: Sampling): RequestTrace {
  const said = fieldOf(headers, "traceparent");
  const parent = said === null ? null : parseTraceParent(said);
  if (parent === null || !isTrusted) return beginTrace(parent, sampling);
  const { traceId, spanId: parentId } = parent;
  const state = checkedTraceState(fieldOf(headers, "tracestate") ?? "");
  const flags = sampling.isParentBased
    ? parent.flags
    : (parent.flags & ~TRACE_FLAGS.sampled) | sampledFlag(traceId, sampling.ratio);
  return new RequestTrace({ traceId, spanId: makeSpanId(), parentId, flags, state }, null);
}

function beginTrace(link: TraceParent | null, { ratio }: Sampling): RequestTrace {
  const traceId = makeTraceId();
  const flags = TRACE_FLAGS.random | sampledFlag(traceId, ratio);
  const facts = { traceId, spanId: makeSpanId(), parentId: "", flags, state: "" };
  return new RequestTrace(facts, link);
}

const sampledFlag = (traceId: string, ratio: number): number =>
  isWithinRatio(traceId, ratio) ? TRACE_FLAGS.sampled : 0;
