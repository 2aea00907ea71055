// What timings.ts has noted, as spans: the parts of a request that follow one another, for whoever
// looks at one that was kept.

import { hooksOf } from "../wire/phases.ts";
import type { TimedAttempt, TimedFetch, TimedHooks, Timings } from "./timings.ts";

export const SPAN_KINDS = [
  "wait",
  "hook",
  "connect",
  "tls",
  "upstream",
  "body",
  "fetch",
  "upload",
] as const;

/** A part of a request's time; milliseconds since its head was complete. */
export interface Span {
  readonly kind: (typeof SPAN_KINDS)[number];
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly detail: string;
  /** Of the operator's script: no tenant sees it. */
  readonly isOuter: boolean;
}

/** A wait that is shorter is none that anybody would look at. */
const WAIT_MS_MIN = 0.05;

/** In the order of their beginning. */
export function spansOf(timings: Timings): Span[] {
  const { startMs: zeroMs, hooks, attempts, fetches } = timings;
  const since = (atMs: number): number => Math.round((atMs - zeroMs) * 1_000) / 1_000;
  const spans = [
    ...hooks.flatMap(hookSpans),
    ...attempts.flatMap(attemptSpans),
    ...fetches.map(fetchSpan),
    ...uploadSpans(timings),
  ];
  return spans
    .map((span) => ({ ...span, startMs: since(span.startMs), endMs: since(span.endMs) }))
    .sort((one, two) => one.startMs - two.startMs);
}

function hookSpans({ mask, startMs, turnMs, endMs, cpuMs, isOuter }: TimedHooks): Span[] {
  const detail = cpuMs > 0 ? `${rounded(cpuMs)} ms of the processor` : "";
  const whose = isOuter ? "operator: " : "";
  const name = `${whose}${hooksOf(mask).join(", ")}`;
  const hook: Span = { kind: "hook", name, startMs: turnMs, endMs, detail, isOuter };
  if (turnMs - startMs < WAIT_MS_MIN) return [hook];
  const wait = { name: `${whose}wait for a turn`, startMs, endMs: turnMs, detail: "", isOuter };
  return [{ kind: "wait", ...wait }, hook];
}

function attemptSpans(attempt: TimedAttempt): Span[] {
  const { startMs, lentMs, headMs, endMs } = attempt;
  if (lentMs === 0) return [connectSpan(attempt, endMs, "failed")];
  const until = headMs === 0 ? endMs : headMs;
  const answered = headMs === 0 ? "no answer" : String(attempt.status);
  const first = { name: "until its first byte", startMs: lentMs, endMs: until, detail: answered };
  const last = { name: "until its last byte", startMs: headMs, endMs, detail: "" };
  const tlsMs = attempt.steps?.tlsMs ?? 0;
  // others may have waited for the same connection before this one did
  const tlsStartMs = Math.max(startMs, lentMs - tlsMs);
  const tls = { name: "TLS", startMs: tlsStartMs, endMs: lentMs, detail: "", isOuter: false };
  return [
    connectSpan(attempt, tlsMs === 0 ? lentMs : tlsStartMs, howConnected(attempt)),
    ...(tlsMs === 0 ? [] : [{ kind: "tls", ...tls } as const]),
    { kind: "upstream", ...first, isOuter: false },
    ...(headMs === 0 ? [] : [{ kind: "body", ...last, isOuter: false } as const]),
  ];
}

const connectSpan = ({ peer, startMs }: TimedAttempt, endMs: number, detail: string): Span => ({
  kind: "connect",
  name: `connection to ${peer}`,
  startMs,
  endMs,
  detail,
  isOuter: false,
});

function howConnected({ isReused, steps }: TimedAttempt): string {
  if (isReused) return "reused";
  const resolveMs = rounded(steps?.resolveMs ?? 0);
  return resolveMs === 0 ? "new" : `new, ${resolveMs} ms of it for its name`;
}

const rounded = (ms: number): number => Math.round(ms * 100) / 100;

/** From when somebody wanted it: until then it waits at the client. */
function uploadSpans({ uploadingMs, uploadedMs }: Timings): Span[] {
  if (uploadingMs === 0 || uploadedMs === 0) return [];
  const times = { startMs: Math.min(uploadingMs, uploadedMs), endMs: uploadedMs };
  return [{ kind: "upload", name: "the client's body", ...times, detail: "", isOuter: false }];
}

/** Until its head: what is behind that may be read at any time, or by the client. */
function fetchSpan({ method, url, startMs, headMs, endMs, status, isOuter }: TimedFetch): Span {
  const name = `${isOuter ? "operator: " : ""}${method} ${url}`;
  const untilMs = headMs === 0 ? Math.max(startMs, endMs) : headMs;
  const detail = headMs === 0 ? "no answer" : String(status);
  return { kind: "fetch", name, startMs, endMs: untilMs, detail, isOuter };
}
