// OTLP's JSON by hand, since it is made for every request that is traced: ids as digits, 64-bit
// integers as strings, enumerations as numbers, names in lowerCamelCase (OTLP 1.x, "JSON Protobuf
// Encoding"). A library's encoder takes twice as long.

import { LIMITS } from "../../base/limits.ts";
import { makeSpanId, type TraceParent } from "../../base/trace-context.ts";
import { quoted } from "../plain-text.ts";

/** Null: it is left out. */
export type Attributes = Readonly<Record<string, string | number | boolean | null>>;

export interface SpanEvent {
  readonly name: string;
  readonly at: string;
}

export interface SpanFacts {
  readonly traceId: string;
  /** Left out: one of its own. */
  readonly spanId?: string | undefined;
  /** Empty: it has no parent. */
  readonly parentId: string;
  /** `tracestate` */
  readonly state: string;
  readonly flags: number;
  readonly name: string;
  readonly kind: number;
  /** Nanoseconds since 1970, decimal. */
  readonly start: string;
  readonly end: string;
  readonly attributes: string;
  readonly events?: readonly SpanEvent[];
  readonly link?: TraceParent | null;
  /** What went wrong, in words that may be empty; null: nothing. */
  readonly error: string | null;
}

const ERROR = 2;

export function spanText(span: Omit<SpanFacts, "error"> & Partial<Pick<SpanFacts, "error">>) {
  const { traceId, spanId = makeSpanId(), parentId, state, flags, name, kind, start, end } = span;
  const { attributes, events = [], link = null, error = null } = span;
  return (
    `{"traceId":"${traceId}","spanId":"${spanId}"` +
    (parentId === "" ? "" : `,"parentSpanId":"${parentId}"`) +
    (state === "" ? "" : `,"traceState":${text(state)}`) +
    `,"flags":${flags},"name":${text(name)},"kind":${kind}` +
    `,"startTimeUnixNano":"${start}","endTimeUnixNano":"${end}","attributes":${attributes}` +
    (events.length === 0 ? "" : `,"events":[${events.map(eventText).join(",")}]`) +
    (link === null ? "" : `,"links":[${linkText(link)}]`) +
    `${error === null ? "" : `,"status":${statusText(error)}`}}`
  );
}

export function attributesText(attributes: Attributes): string {
  let all = "";
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null) continue;
    all += `${all === "" ? "" : ","}{"key":${text(key)},"value":${valueText(key, value)}}`;
  }
  return `[${all}]`;
}

/** A time is a fraction also where it is whole: a key has one kind. JSON has no NaN. */
function valueText(key: string, value: string | number | boolean): string {
  if (typeof value === "string") return `{"stringValue":${text(value)}}`;
  if (typeof value === "boolean") return `{"boolValue":${value}}`;
  const isWhole = Number.isSafeInteger(value) && !key.endsWith("_ms");
  if (isWhole) return `{"intValue":"${value}"}`;
  return `{"doubleValue":${Number.isFinite(value) ? value : 0}}`;
}

const eventText = ({ name, at }: SpanEvent): string =>
  `{"timeUnixNano":"${at}","name":${text(name)}}`;

const linkText = ({ traceId, spanId, flags }: TraceParent): string =>
  `{"traceId":"${traceId}","spanId":"${spanId}","flags":${flags}}`;

const statusText = (message: string): string =>
  message === "" ? `{"code":${ERROR}}` : `{"message":${text(message)},"code":${ERROR}}`;

const text = (value: string): string => quoted(value, LIMITS.spanAttributeChars);

export interface ResourceSpans {
  readonly resource: Attributes;
  readonly version: string;
  /** Each with commas between its spans. */
  readonly spans: readonly string[];
}

/** The body of an export. */
export const exportText = (all: readonly ResourceSpans[]): string =>
  `{"resourceSpans":[${all.map(resourceText).join(",")}]}`;

const resourceText = ({ resource, version, spans }: ResourceSpans): string =>
  `{"resource":{"attributes":${attributesText(resource)}},"scopeSpans":[{"scope":` +
  `{"name":"sluice","version":${text(version)}},"spans":[${spans.join(",")}]}]}`;
