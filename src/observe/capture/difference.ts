// The first thing that is not as it was: what a replay answers. In the order of a request's life,
// since what comes after the first difference only follows from it.

import { eachField } from "../../wire/headers.ts";
import { NOTES_PASSED } from "../../wire/records.ts";
import type { AttemptRecord, BodyRecord, CaptureRecord, Compared } from "./record.ts";
import { isLogin } from "./redact.ts";

export interface Difference {
  /** `attempt 1: header x-user`, `response: status` */
  readonly part: string;
  readonly was: string;
  readonly is: string;
}

interface Compare extends Difference {
  readonly isHidden?: boolean;
}

export interface Comparing {
  readonly parts: readonly Compared[];
  /** Header fields that may differ, lower case. */
  readonly ignored: readonly string[];
}

const CHARS_SHOWN = 200;
const NOTHING = "(nothing)";

/** Null: it is as it was. */
export function firstDifference(
  was: CaptureRecord,
  is: CaptureRecord,
  comparing: Comparing,
): Difference | null {
  const all = [...attemptDifferences(was, is, comparing), ...endDifferences(was, is, comparing)];
  const first = all.find((one) => one.was !== one.is);
  if (first === undefined) return null;
  // who may replay a login need not see it
  const told = first.isHidden === true ? hidden : cut;
  return { part: first.part, was: told(first.was), is: told(first.is) };
}

const hidden = (text: string): string => (text === NOTHING ? text : "(not shown)");

const cut = (text: string): string =>
  text.length <= CHARS_SHOWN ? text : `${text.slice(0, CHARS_SHOWN)}…`;

function attemptDifferences(
  was: CaptureRecord,
  is: CaptureRecord,
  comparing: Comparing,
): Compare[] {
  const count = Math.max(was.attempts.length, is.attempts.length);
  return Array.from({ length: count }, (_, i) =>
    ofAttempt(`attempt ${i + 1}`, was.attempts[i], is.attempts[i], comparing),
  ).flat();
}

function ofAttempt(
  where: string,
  was: AttemptRecord | undefined,
  is: AttemptRecord | undefined,
  { parts, ignored }: Comparing,
): Compare[] {
  // each attempt has a span of its own
  const [one, other] = [was?.request ?? null, is?.request ?? null];
  const upstream = {
    part: `${where}: upstream`,
    was: was?.destination ?? NOTHING,
    is: is?.destination ?? NOTHING,
  };
  return [
    ...(parts.includes("upstream") ? [upstream] : []),
    ...(parts.includes("request")
      ? [
          { part: `${where}: request`, was: lineOf(one), is: lineOf(other) },
          ...headerDifferences(
            where,
            [one?.headers ?? "", other?.headers ?? ""],
            [...ignored, "traceparent"],
          ),
          { part: `${where}: body`, was: bodyText(one?.body), is: bodyText(other?.body) },
        ]
      : []),
  ];
}

const lineOf = (sent: AttemptRecord["request"]): string =>
  sent === null ? NOTHING : `${sent.method} ${sent.target}`;

function endDifferences(was: CaptureRecord, is: CaptureRecord, comparing: Comparing): Compare[] {
  const { parts, ignored } = comparing;
  const [one, other] = [was.end, is.end];
  const headers = headerDifferences("response", [one.headers, other.headers], ignored);
  const hasBody = !was.calls.some(({ notes }) => notes?.includes(NOTES_PASSED) === true);
  return [
    ...(parts.includes("status")
      ? [{ part: "response: status", was: statusOf(was), is: statusOf(is) }]
      : []),
    ...(parts.includes("headers") ? headers : []),
    ...(parts.includes("body") && hasBody
      ? [{ part: "response: body", was: bodyText(one.body), is: bodyText(other.body) }]
      : []),
  ];
}

const statusOf = ({ end: { status, error } }: CaptureRecord): string =>
  error === null ? `${status}` : `${status} (${error})`;

/** By name, each with all its values in their order. */
function headerDifferences(
  where: string,
  [was, is]: readonly [string, string],
  ignored: readonly string[],
): Compare[] {
  const [one, other] = [fieldsOf(was), fieldsOf(is)];
  const names = new Set([...one.keys(), ...other.keys()]);
  for (const name of ignored) names.delete(name);
  return [...names].map((name) => ({
    part: `${where}: header ${name}`,
    was: one.get(name) ?? NOTHING,
    is: other.get(name) ?? NOTHING,
    isHidden: isLogin(name),
  }));
}

function fieldsOf(block: string): Map<string, string> {
  const fields = new Map<string, string>();
  eachField(block, (name, value) => {
    const key = name.toLowerCase();
    const before = fields.get(key);
    fields.set(key, before === undefined ? value : `${before}, ${value}`);
  });
  return fields;
}

function bodyText(body: BodyRecord | null | undefined): string {
  if (body === null || body === undefined || body.bytes === 0) return NOTHING;
  const text = Buffer.from(body.base64, "base64").toString("utf8").slice(0, CHARS_SHOWN);
  return `${body.bytes} bytes, SHA-256 ${body.sha256.slice(0, 16)}: ${text}`;
}
