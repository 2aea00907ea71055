// The rate limits of tenants as the control plane sees them, by the tenants' identities
// (base/identity.ts). The fleet implements it.

import type { Scope } from "../wire/scopes.ts";

export interface RateLimitsAccess {
  /** Those that scripts have declared, with what was decided since the proxy started. */
  of(tenant: string): readonly RateLimitSnapshot[];
  /** How a key stands. Null: there is no such limit. */
  standing(limit: LimitKey): KeyStanding | null;
  /** Nothing is counted of the key any more, or (null) of any. False: there is no such limit. */
  reset(limit: LimitKey | (Omit<LimitKey, "key"> & { readonly key: null })): Promise<boolean>;
}

export interface LimitKey {
  readonly tenant: string;
  readonly name: string;
  readonly key: string;
}

export interface RateLimitSnapshot {
  readonly name: string;
  readonly scope: Scope;
  readonly algorithm: "fixed-window" | "sliding-window" | "token-bucket" | "in-flight";
  readonly limit: number;
  readonly windowMs: number;
  readonly burst: number;
  readonly allowed: number;
  readonly refused: number;
  /** That count something now. */
  readonly keys: number;
  /** What requests under way hold; 0 of those that count by time. */
  readonly inFlight: number;
}

export interface KeyStanding {
  readonly allowed: boolean;
  readonly remaining: number;
  readonly retryAfterMs: number;
}
