// Which requests are captured, as workers are told. Plain data: it is posted.

import type { Redacting } from "./redact.ts";

export interface CaptureOrder {
  /** Of the rule. */
  readonly rule: string;
  /** Identity of the tenant. */
  readonly tenant: string;
  /** The target begins with it; empty: any. */
  readonly path: string;
  /** Empty: any. */
  readonly methods: readonly string[];
  /** One of these: `404`, `5xx` or `error`. Empty: any. */
  readonly statuses: readonly string[];
  readonly redacting: Redacting;
}

/** What a worker tells of a request that it has captured. */
export interface CaptureNews {
  readonly rule: string;
  /** CaptureRecord as JSON. Empty: it was too large. */
  readonly text: string;
}

interface Ended {
  readonly status: number;
  readonly error: string | null;
}

export const mayMatch = (
  { path, methods }: CaptureOrder,
  { method, target }: { readonly method: string; readonly target: string },
): boolean => target.startsWith(path) && (methods.length === 0 || methods.includes(method));

export const hasEndedAs = ({ statuses }: CaptureOrder, ended: Ended): boolean =>
  statuses.length === 0 || statuses.some((wanted) => isStatus(wanted, ended));

function isStatus(wanted: string, { status, error }: Ended): boolean {
  if (wanted === "error") return error !== null || status >= 500;
  if (wanted.endsWith("xx")) return Math.floor(status / 100) === Number(wanted[0]);
  return status === Number(wanted);
}
