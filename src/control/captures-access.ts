// Requests that were captured, as the control plane sees them: by rules of a tenant, which say
// which and for how long. The fleet implements it.

import type { CaptureRecord, Compared } from "../observe/capture/record.ts";
import type { CapturedRequest } from "./replay.ts";

export interface CaptureRuleSpec {
  /** The target begins with it; empty: any. */
  readonly path: string;
  /** Empty: any. */
  readonly methods: readonly string[];
  /** `404`, `5xx` or `error`. Empty: any. */
  readonly statuses: readonly string[];
  /** Requests that it keeps. */
  readonly count: number;
  /** Time after which it is gone, with what it has kept. */
  readonly ttlMs: number;
  readonly keepsLogins: boolean;
  /** Header fields whose values are not kept, besides logins. Lower case. */
  readonly redacts: readonly string[];
  /** What a replay compares. */
  readonly compares: readonly Compared[];
  /** Header fields that it does not. Lower case. */
  readonly ignores: readonly string[];
}

export interface CaptureRule extends CaptureRuleSpec {
  readonly id: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly kept: number;
  /** Too large, or there was no room. */
  readonly dropped: number;
}

export interface CaptureSummary {
  readonly id: string;
  readonly rule: string;
  readonly requestId: string;
  readonly atMs: number;
  readonly method: string;
  readonly target: string;
  readonly status: number;
  readonly error: string | null;
  /** As logs name it. */
  readonly deployment: string;
  /** Why it cannot be replayed; null: it can. */
  readonly gap: string | null;
}

/** Of a tenant by its identity. */
export interface CapturesAccess {
  rules(tenant: string): readonly CaptureRule[];
  /** Resolves when workers know it. Null: the tenant has as many as it may have. */
  addRule(tenant: string, spec: CaptureRuleSpec): Promise<CaptureRule | null>;
  /** With all that it kept. False: there is none. */
  removeRule(tenant: string, id: string): Promise<boolean>;
  /** The newest first. */
  list(tenant: string): readonly CaptureSummary[];
  /** Without logins, whatever the rule keeps. Null: there is none. */
  read(tenant: string, id: string): CaptureRecord | null;
  /** False: there is none. */
  remove(tenant: string, id: string): boolean;
  /** What can be replayed of these, or of the newest. */
  toReplay(tenant: string, which: CaptureChoice): readonly CapturedRequest[];
}

export type CaptureChoice =
  | { readonly ids: readonly string[] }
  /** So many; `isWell`: of those alone that ended without an error. */
  | { readonly last: number; readonly isWell: boolean };
