// The spans of a request that is over, as OTLP's JSON has them: the request itself, and in it the
// hooks, the attempts at peers, the fetches. Names and attributes are those of OpenTelemetry's
// conventions for HTTP, and `sluice.…` for what only a proxy with scripts has.

import { ERRORS, type ErrorKind } from "../../base/errors.ts";
import { hooksOf } from "../../wire/phases.ts";
import type { AccessFields } from "../access.ts";
import type { TimedAttempt, TimedFetch, TimedHooks, Timings } from "../timings.ts";
import { type Attributes, attributesText, type SpanEvent, spanText } from "./otlp-text.ts";
import type { RequestTrace } from "./request-trace.ts";

export interface TracedRequest {
  readonly trace: RequestTrace;
  readonly timings: Timings;
  readonly fields: AccessFields;
  /** The client speaks TLS with us. */
  readonly isTls: boolean;
}

/** OTLP has numbers for them. */
const KIND = { internal: 1, server: 2, client: 3 } as const;

/** What is behind a span's trace flags: whether its parent is elsewhere is known, and it is. */
const PARENT = { isHere: 0x100, isElsewhere: 0x300 } as const;

const METHODS: ReadonlySet<string> = new Set([
  ...["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"],
]);

const KINDS: ReadonlyMap<string, ErrorKind> = new Map(Object.entries(ERRORS));

/** How many there are; what is dropped is counted by it. */
export const spanCount = ({ hooks, attempts, fetches }: Timings): number =>
  1 + hooks.length + attempts.length + fetches.length;

/** With commas between. */
export function spansText(request: TracedRequest): string {
  const { trace, timings, fields } = request;
  const { deployment, operator = null } = fields;
  const epoch = new Epoch(fields.timeMs - timings.startMs);
  const parts = { trace, epoch };
  const versions = { own: deployment, outer: operator?.deployment ?? null };
  return [
    serverSpan(request, epoch),
    ...timings.hooks.map((hooks) => hookSpan(hooks, versions, parts)),
    ...timings.attempts.map((attempt, i) => attemptSpan(attempt, i, { ...parts, fields })),
    ...timings.fetches.map((fetch) => fetchSpan(fetch, parts)),
  ].join(",");
}

/** What the clock of `monotonicMs` shows, as nanoseconds since 1970. */
class Epoch {
  readonly #offsetMs: number;

  constructor(offsetMs: number) {
    this.#offsetMs = offsetMs;
  }

  /** Decimal: there are more of them than a number holds. */
  nanoseconds(atMs: number): string {
    const ms = this.#offsetMs + atMs;
    const whole = Math.floor(ms);
    const rest = Math.floor((ms - whole) * 1_000_000);
    return `${whole}${String(rest).padStart(6, "0")}`;
  }
}

interface SpanParts {
  readonly trace: RequestTrace;
  readonly epoch: Epoch;
}

function serverSpan({ trace, timings, fields, isTls }: TracedRequest, epoch: Epoch): string {
  const { method, marks, durationMs } = fields;
  const { startMs } = timings;
  const isElsewhere = trace.parentId !== "";
  return spanText({
    ...trace,
    spanId: trace.spanId,
    parentId: trace.parentId,
    flags: trace.flags | (isElsewhere ? PARENT.isElsewhere : PARENT.isHere),
    name: METHODS.has(method) ? method : "HTTP",
    kind: KIND.server,
    start: epoch.nanoseconds(startMs),
    end: epoch.nanoseconds(startMs + durationMs),
    attributes: attributesText(serverAttributes(fields, isTls)),
    events: serverEvents(timings, marks ?? {}, epoch),
    link: trace.link,
    error: serverError(fields),
  });
}

function serverEvents(
  { startMs, uploadedMs }: Timings,
  marks: Readonly<Record<string, number>>,
  epoch: Epoch,
): SpanEvent[] {
  const moments = Object.entries(marks).map(([name, ms]) => ({ name, atMs: startMs + ms }));
  if (uploadedMs !== 0) moments.push({ name: "request body received", atMs: uploadedMs });
  return moments.map(({ name, atMs }) => ({ name, at: epoch.nanoseconds(atMs) }));
}

function serverAttributes(fields: AccessFields, isTls: boolean): Attributes {
  const { method, target, host, status, error, operator = null } = fields;
  const query = target.indexOf("?");
  const { name, port } = hostParts(host);
  const own = Object.entries(fields.fields ?? {});
  const outer = Object.entries(operator?.fields ?? {});
  return {
    ...methodAttributes(method),
    "url.scheme": isTls ? "https" : "http",
    "url.path": query === -1 ? target : target.slice(0, query),
    "url.query": query === -1 ? null : target.slice(query + 1),
    "server.address": name === "" ? null : name,
    "server.port": port,
    "client.address": fields.client,
    "network.protocol.version": fields.version ?? null,
    "http.response.status_code": status === 0 ? null : status,
    "http.request.body.size": fields.bytesReceived,
    "http.response.body.size": fields.bytesSent,
    "error.type": error ?? (status >= 500 ? String(status) : null),
    "sluice.request.id": fields.id,
    "sluice.deployment": fields.deployment === null ? null : String(fields.deployment),
    "sluice.operator.deployment": operator?.deployment ?? null,
    ...Object.fromEntries(own.map(([key, value]) => [`sluice.field.${key}`, value])),
    ...Object.fromEntries(outer.map(([key, value]) => [`sluice.operator.field.${key}`, value])),
  };
}

const methodAttributes = (method: string): Attributes =>
  METHODS.has(method)
    ? { "http.request.method": method }
    : { "http.request.method": "_OTHER", "http.request.method_original": method };

/** What a client did wrong is no failure of the server's. Null: it has not failed. */
function serverError({ status, error, reason }: AccessFields): string | null {
  const isOurs = error !== null && KINDS.get(error)?.blame !== "downstream";
  return status >= 500 || (status === 0 && isOurs) ? (reason ?? error ?? "") : null;
}

interface Versions {
  readonly own: number | string | null;
  readonly outer: number | string | null;
}

function hookSpan(
  { mask, startMs, turnMs, endMs, cpuMs, isOuter }: TimedHooks,
  { own, outer }: Versions,
  { trace, epoch }: SpanParts,
): string {
  const version = isOuter ? outer : own;
  return spanText({
    ...ofParent(trace),
    name: hooksOf(mask).join(", "),
    kind: KIND.internal,
    start: epoch.nanoseconds(turnMs),
    end: epoch.nanoseconds(endMs),
    attributes: attributesText({
      "sluice.layer": isOuter ? "operator" : "tenant",
      "sluice.deployment": version === null ? null : String(version),
      "sluice.wait_ms": turnMs - startMs,
      "sluice.cpu_ms": cpuMs,
    }),
  });
}

function attemptSpan(
  attempt: TimedAttempt,
  index: number,
  { trace, epoch, fields }: SpanParts & { readonly fields: AccessFields },
): string {
  const { peer, startMs, lentMs, headMs, endMs, status, steps, spanId } = attempt;
  const { name, port } = hostParts(peer);
  const isLast = index === fields.attempts - 1;
  const failure = status === 0 ? ((isLast ? fields.error : null) ?? "no answer") : null;
  const moments = [
    { name: "connected", atMs: lentMs },
    { name: "first byte", atMs: headMs },
  ];
  return spanText({
    ...ofParent(trace),
    spanId: spanId === "" ? undefined : spanId,
    name: METHODS.has(fields.method) ? fields.method : "HTTP",
    kind: KIND.client,
    start: epoch.nanoseconds(startMs),
    end: epoch.nanoseconds(endMs),
    attributes: attributesText({
      ...methodAttributes(fields.method),
      "server.address": name,
      "server.port": port,
      "http.response.status_code": status === 0 ? null : status,
      "http.request.resend_count": index === 0 ? null : index,
      "error.type": failure ?? (status >= 400 ? String(status) : null),
      "sluice.connection.reused": lentMs === 0 ? null : attempt.isReused,
      "sluice.connection.resolve_ms": steps?.resolveMs ?? null,
      "sluice.connection.tls_ms": steps?.tlsMs ?? null,
    }),
    events: moments
      .filter(({ atMs }) => atMs !== 0)
      .map(({ name, atMs }) => ({ name, at: epoch.nanoseconds(atMs) })),
    error: failure ?? (status >= 400 ? "" : null),
  });
}

function fetchSpan(fetch: TimedFetch, { trace, epoch }: SpanParts): string {
  const { method, url, startMs, headMs, endMs, status, spanId, isOuter } = fetch;
  const { name, port } = hostParts(new URL(url).host);
  return spanText({
    ...ofParent(trace),
    spanId: spanId === "" ? undefined : spanId,
    name: METHODS.has(method) ? method : "HTTP",
    kind: KIND.client,
    start: epoch.nanoseconds(startMs),
    end: epoch.nanoseconds(Math.max(startMs, headMs, endMs)),
    attributes: attributesText({
      ...methodAttributes(method),
      "url.full": url,
      "server.address": name,
      "server.port": port,
      "http.response.status_code": status === 0 ? null : status,
      "error.type": status === 0 ? "no answer" : status >= 400 ? String(status) : null,
      "sluice.layer": isOuter ? "operator" : "tenant",
    }),
    error: status === 0 ? "no answer" : status >= 400 ? "" : null,
  });
}

const ofParent = ({ traceId, state, flags, spanId: parentId }: RequestTrace) => ({
  ...{ traceId, state, parentId, flags: flags | PARENT.isHere },
});

/** `[::1]:80`, `a.example:80`, `unix:/path` */
function hostParts(host: string): { readonly name: string; readonly port: number | null } {
  const [, name = host, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(host) ?? [];
  return { name: name.replace(/^\[(.*)\]$/, "$1"), port: port === undefined ? null : +port };
}
