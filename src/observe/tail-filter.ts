// What a reader of the live tail wants to see. While somebody reads, each request and each script
// line is checked against it. control/api/logs.ts makes it from a query.

import { OPERATOR } from "../base/config/operator.ts";
import type { AccessFields } from "./access.ts";
import type { ScriptMessage } from "./script-log.ts";

/** Null or empty: whatever it is. What is given must all hold. Plain data: it is posted. */
export interface TailFilter {
  /** Null: every tenant's, and requests that are no tenant's. */
  readonly tenant: string | null;
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

/** Whoever reads is to see no more than a tenant may. */
export const isTenants = ({ tenant }: TailFilter): boolean =>
  tenant !== null && tenant !== OPERATOR;

/** The operator's are the requests that its layer had a part in. */
export function tailsRequest(filter: TailFilter, fields: AccessFields): boolean {
  const { operator = null } = fields;
  const isOperators = filter.tenant === OPERATOR && operator !== null;
  if (filter.hook !== null || !(isOperators || isOf(filter, fields.tenant))) return false;
  if (filter.slowMs !== null && fields.durationMs < filter.slowMs) return false;
  const served = isOperators ? operator.deployment : String(fields.deployment);
  if (filter.version !== null && served !== filter.version) return false;
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
  if (!isOf(filter, message.tenant) || filter.slowMs !== null) return false;
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

const isOf = (filter: TailFilter, tenant: string | null): boolean =>
  filter.tenant === null || filter.tenant === tenant;

/** `error`: it failed, or the client got a 5xx from whomever. */
function hasStatus({ status, error }: AccessFields, wanted: string): boolean {
  if (wanted === "error") return error !== null || status >= 500;
  if (wanted.endsWith("xx")) return Math.floor(status / 100) === Number(wanted[0]);
  return status === Number(wanted);
}
