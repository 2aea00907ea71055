// The access line: one line for each request, built by hand, since it is made for every one.

import type { AccessFormat } from "../base/config/types.ts";
import { ERRORS, type ErrorKind } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { type Color, paint, wantsColor } from "./color.ts";
import { harmless, printable, quoted } from "./plain-text.ts";

export interface Fetches {
  readonly count: number;
  readonly ms: number;
}

/** Of all its hooks and attempts together, in ms. */
export interface AccessTimes {
  readonly scriptMs: number;
  /** For turns. */
  readonly waitMs: number;
  /** Until there were connections; null: no peer was asked. */
  readonly connectMs: number | null;
  /** From then to the first bytes of responses. */
  readonly upstreamMs: number | null;
}

export interface AccessFields {
  /** When the request's head was complete: milliseconds since the epoch. */
  readonly timeMs: number;
  readonly id: string;
  /** Null: no tenant has the host. */
  readonly tenant: string | null;
  /** Version of the script; null: none. */
  readonly deployment: number | string | null;
  readonly client: string;
  readonly method: string;
  readonly host: string;
  readonly target: string;
  /** What the client speaks: `1.1`, `2`. Left out: nobody knows. */
  readonly version?: string;
  /** 0: the client got no answer. */
  readonly status: number;
  /** Code of docs/errors.md. */
  readonly error: string | null;
  /** What exactly went wrong, and where: for the log, never for the client. */
  readonly reason: string | null;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly durationMs: number;
  /** Address of the last peer; null: none was asked. */
  readonly upstream: string | null;
  /** What it spoke. Left out: HTTP/1.1. */
  readonly upstreamProtocol?: "HTTP/2" | null;
  readonly reused: boolean;
  readonly attempts: number;
  /** Of the trace that it is part of. Left out: nobody traces. */
  readonly traceId?: string | null;
  /** Left out: nobody measured. */
  readonly times?: AccessTimes | null;
  /** What its hooks fetched: how often, and how long until the heads came. Left out: nothing. */
  readonly fetches?: Fetches | null;
  /** Moments that the script has marked: ms since the start. Left out: none. */
  readonly marks?: Readonly<Record<string, number>> | null;
  /** What the script adds. */
  readonly fields?: OwnFields | null;
  /** Of the operator's layer, for operators' eyes; left out: it had no part in it. */
  readonly operator?: OperatorFields | null;
}

type OwnFields = Readonly<Record<string, string | number | boolean | null>>;

export interface OperatorFields {
  /** Version of its script. */
  readonly deployment: string;
  /** The error is its script's, and so is the reason. */
  readonly hasFailed: boolean;
  readonly fields: OwnFields | null;
  /** In its hooks. Left out: nobody measured. */
  readonly scriptMs?: number;
}

/** What a tenant may know of its request: nothing of what is around its own layer. */
export function forTenant(fields: AccessFields): AccessFields {
  const { operator = null } = fields;
  if (operator === null) return fields;
  return { ...fields, operator: null, reason: operator.hasFailed ? null : fields.reason };
}

export type LineFormat = Exclude<AccessFormat, "off">;

/** With its line feed. For `off`, do not call it: that costs nothing. */
export const accessLine = (
  format: LineFormat,
  fields: AccessFields,
  isColored: boolean = IS_COLORED,
): string => (format === "json" ? jsonLine(fields) : prettyLine(fields, isColored));

const IS_COLORED = wantsColor();
const CHARS_MAX = LIMITS.accessFieldChars;

const jsonLine = (fields: AccessFields): string =>
  `{"level":"${levelOf(fields.error)}","time":"${isoTime(fields.timeMs)}","msg":"request"` +
  `,"id":${text(fields.id)},"tenant":${textOrNull(fields.tenant)}` +
  `,"deployment":${deployment(fields.deployment)},"client":${text(fields.client)}` +
  `,"method":${text(fields.method)},"host":${text(fields.host)},"target":${text(fields.target)}` +
  `${fields.version === undefined ? "" : `,"protocol":"HTTP/${fields.version}"`}` +
  `,"status":${fields.status},"error":${textOrNull(fields.error)}` +
  `,"reason":${textOrNull(fields.reason)}` +
  `,"bytesReceived":${fields.bytesReceived},"bytesSent":${fields.bytesSent}` +
  `,"durationMs":${milliseconds(fields.durationMs)},"upstream":${textOrNull(fields.upstream)}` +
  spoken(fields.upstreamProtocol) +
  `,"reused":${fields.reused},"attempts":${fields.attempts}` +
  traced(fields.traceId) +
  timed(fields.times) +
  fetched(fields.fetches) +
  `${marked(fields.marks)}${ownFields(fields.fields)}${operators(fields.operator)}}\n`;

const spoken = (protocol: AccessFields["upstreamProtocol"] = null): string =>
  protocol === null ? "" : `,"upstreamProtocol":"${protocol}"`;

const traced = (traceId: AccessFields["traceId"] = null): string =>
  traceId === null ? "" : `,"traceId":"${traceId}"`;

const timed = (times: AccessFields["times"] = null): string => {
  if (times === null) return "";
  const { scriptMs, waitMs, connectMs, upstreamMs } = times;
  const script =
    scriptMs === 0 && waitMs === 0
      ? ""
      : `,"scriptMs":${milliseconds(scriptMs)},"waitMs":${milliseconds(waitMs)}`;
  if (connectMs === null || upstreamMs === null) return script;
  const upstream = `"upstreamMs":${milliseconds(upstreamMs)}`;
  return `${script},"connectMs":${milliseconds(connectMs)},${upstream}`;
};

const fetched = (fetches: Fetches | null = null): string =>
  fetches === null ? "" : `,"fetches":${fetches.count},"fetchMs":${milliseconds(fetches.ms)}`;

const marked = (marks: AccessFields["marks"] = null): string =>
  marks === null ? "" : `,"marks":${JSON.stringify(marks)}`;

const ownFields = (fields: OwnFields | null = null): string =>
  fields === null ? "" : `,"fields":${JSON.stringify(fields)}`;

const operators = (operator: OperatorFields | null = null): string =>
  operator === null
    ? ""
    : `,"operator":{"deployment":${text(operator.deployment)}` +
      `${operator.scriptMs === undefined ? "" : `,"scriptMs":${milliseconds(operator.scriptMs)}`}` +
      `${ownFields(operator.fields)}}`;

const KINDS: ReadonlyMap<string, ErrorKind> = new Map(Object.entries(ERRORS));

/**
 * Who reads a log by its level finds under `error` what the operator or the script's author must
 * mend, and under `warn` what a limit or a suspension refused. What a client did wrong is neither,
 * however often it comes.
 */
const levelOf = (error: string | null): "info" | "warn" | "error" => {
  const kind = error === null ? undefined : KINDS.get(error);
  if (kind === undefined || kind.blame === "downstream") return "info";
  return kind.status === 503 ? "warn" : "error";
};

const text = (value: string): string => quoted(value, CHARS_MAX);

const textOrNull = (value: string | null): string => (value === null ? "null" : text(value));

const deployment = (value: number | string | null): string =>
  typeof value === "string" ? text(value) : String(value);

const milliseconds = (value: number): number => Math.round(value * 1_000) / 1_000;

// Many requests share a millisecond; toISOString costs more than the rest of the line.
let lastTimeMs = Number.NaN;
let lastTime = "";

const isoTime = (timeMs: number): string => {
  const wholeMs = Math.floor(timeMs);
  if (wholeMs === lastTimeMs) return lastTime;
  lastTimeMs = wholeMs;
  lastTime = new Date(wholeMs).toISOString();
  return lastTime;
};

const prettyLine = (fields: AccessFields, isColored: boolean): string => {
  const color = (name: Color, part: string) => paint(isColored ? name : null, part);
  const url = printable(`${fields.host}${fields.target}`, CHARS_MAX);
  const parts = [
    color("dim", isoTime(fields.timeMs).slice(11, 23)),
    color(statusColor(fields.status), String(fields.status).padStart(3)),
    `${printable(fields.method, CHARS_MAX).padEnd(4)} ${url}`,
    color("dim", `${milliseconds(fields.durationMs)}ms ${fields.bytesSent}B`),
    color("dim", printable(fields.client, CHARS_MAX)),
    color("dim", fields.tenant ?? "(no tenant)"),
  ];
  if (fields.version === "2") parts.push(color("dim", "HTTP/2"));
  if (fields.upstream !== null) parts.push(color("cyan", upstream(fields)));
  if (fields.error !== null) parts.push(color("red", fields.error));
  if (fields.reason !== null) parts.push(color("red", printable(fields.reason, CHARS_MAX)));
  for (const [name, ms] of Object.entries(fields.marks ?? {})) {
    parts.push(`${name} at ${milliseconds(ms)}ms`);
  }
  parts.push(...framed("fields", fields.fields));
  parts.push(...framed("operator.fields", fields.operator?.fields));
  parts.push(color("dim", fields.id));
  return `${parts.join("  ")}\n`;
};

/** As in JSON: within its frame no field of a script's looks like one of ours. */
const framed = (name: string, fields: OwnFields | null = null): string[] =>
  fields === null ? [] : [`${name}=${harmless(JSON.stringify(fields))}`];

const upstream = (fields: AccessFields): string => {
  const { upstream: peer, upstreamProtocol: protocol = null, reused, attempts } = fields;
  const tries = attempts > 1 ? ` attempt ${attempts}` : "";
  return `-> ${peer}${protocol === null ? "" : ` ${protocol}`}${reused ? " reused" : ""}${tries}`;
};

const statusColor = (status: number): Color => {
  if (status === 0 || status >= 500) return "red";
  if (status >= 400) return "yellow";
  return status >= 300 ? "blue" : "green";
};
