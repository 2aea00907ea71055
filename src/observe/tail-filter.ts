// What a reader of the live tail wants to see: written as query parameters, checked in one place,
// asked of every request and script line while somebody reads.

import { LIMITS } from "../base/limits.ts";
import type { AccessFields } from "./access.ts";
import type { ScriptMessage } from "./script-log.ts";

/** Null or empty: whatever it is. What is given must all hold. Plain data: it is posted. */
export interface TailFilter {
  readonly tenant: string;
  /** One of these: `404`, `5xx` or `error`. */
  readonly statuses: readonly string[];
  /** Lines of this hook; requests have none. */
  readonly hook: string | null;
  /** Requests that took at least so long; script lines took no time. */
  readonly slowMs: number | null;
  /** Anywhere in a line's id, host, target, message, error or reason. */
  readonly search: string | null;
  /** The deployment that served it. */
  readonly version: string | null;
}

/** Names of the query parameters; `status` may come several times or with commas. */
export const TAIL_PARAMETERS = ["status", "hook", "slow", "search", "version"] as const;

const STATUS = /^(?:[1-5]\d\d|[1-5]xx|error|0)$/;

/** Throws a sentence for whoever wrote the query. */
export function parseTailFilter(tenant: string, query: URLSearchParams): TailFilter {
  for (const name of query.keys()) {
    if (!TAIL_PARAMETERS.some((known) => known === name)) {
      throw problem(`the parameter ${name}`, TAIL_PARAMETERS.join(", "), name);
    }
  }
  const statuses = query.getAll("status").flatMap((list) => list.split(","));
  if (statuses.length > LIMITS.tailStatuses) {
    throw problem("status", `at most ${LIMITS.tailStatuses}`, String(statuses.length));
  }
  for (const status of statuses) {
    if (!STATUS.test(status)) throw problem("status", "error, 4xx or 404", status);
  }
  return {
    tenant,
    statuses,
    hook: textOf(query, "hook"),
    slowMs: millisecondsOf(query.get("slow")),
    search: textOf(query, "search"),
    version: textOf(query, "version"),
  };
}

export function tailsRequest(filter: TailFilter, fields: AccessFields): boolean {
  if (filter.tenant !== fields.tenant || filter.hook !== null) return false;
  if (filter.slowMs !== null && fields.durationMs < filter.slowMs) return false;
  if (filter.version !== null && String(fields.deployment) !== filter.version) return false;
  const { statuses, search } = filter;
  if (statuses.length > 0 && !statuses.some((wanted) => hasStatus(fields, wanted))) return false;
  return (
    search === null ||
    fields.target.includes(search) ||
    fields.host.includes(search) ||
    fields.id.includes(search) ||
    (fields.error?.includes(search) ?? false) ||
    (fields.reason?.includes(search) ?? false)
  );
}

export function tailsMessage(filter: TailFilter, message: ScriptMessage): boolean {
  if (filter.tenant !== message.tenant || filter.slowMs !== null) return false;
  if (filter.hook !== null && filter.hook !== message.hook) return false;
  if (filter.version !== null && filter.version !== message.deployment) return false;
  const { statuses, search } = filter;
  const isError = message.level === "error";
  if (statuses.length > 0 && !(isError && statuses.includes("error"))) return false;
  return (
    search === null ||
    message.message.includes(search) ||
    message.id.includes(search) ||
    (message.code?.includes(search) ?? false)
  );
}

/** `error`: it failed, or the client got a 5xx from whomever. */
function hasStatus({ status, error }: AccessFields, wanted: string): boolean {
  if (wanted === "error") return error !== null || status >= 500;
  if (wanted.endsWith("xx")) return Math.floor(status / 100) === Number(wanted[0]);
  return status === Number(wanted);
}

function textOf(query: URLSearchParams, name: string): string | null {
  const text = query.get(name);
  if (text === null || text === "") return null;
  const most = LIMITS.tailSearchChars;
  if (text.length <= most) return text;
  throw problem(name, `at most ${most} characters`, String(text.length));
}

function millisecondsOf(text: string | null): number | null {
  if (text === null) return null;
  const isNumber = /^\d{1,9}(?:\.\d{1,3})?$/.test(text);
  if (isNumber) return Number(text);
  throw problem("slow", "milliseconds", text);
}

const problem = (what: string, expected: string, got: string): Error =>
  new Error(`Cannot filter by ${what}: expected ${expected}, got ${got.slice(0, 80)}`);
