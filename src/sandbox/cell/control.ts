// What the main thread and a cell say to each other, on a socket of their own, as
// base/json-messages.ts has it. Rare and small: deployments come and go, counters come along with a
// tenant, and once a second the cell says how large its tenants are. What comes from the cell is
// hostile input.

import type { RuntimeLimits } from "../../base/config/tenant-limits.ts";
import type { ClusterTerms } from "../../wire/limits/cluster.ts";
import type { RuntimeCode } from "../isolate-options.ts";
import type { LoadResult } from "../load-result.ts";

export interface CounterStart {
  readonly name: string;
  /** Decimal. */
  readonly value: string;
}

/** What a tenant's rate limits start from. */
export interface LimitStart {
  /** What clients' keys are hashed with. */
  readonly key: readonly [number, number];
  /** As state/limit-notes.ts has them, in base64. */
  readonly notes: string;
  /** What limits of all proxies go by. */
  readonly terms: ClusterTerms;
}

/** Everything that a cell must know to run a deployment. */
export interface CellDeployment {
  readonly key: number;
  readonly tenant: string;
  readonly script: { readonly code: string };
  readonly env: Readonly<Record<string, string>>;
  readonly limits: RuntimeLimits;
  readonly hookMs: number;
  readonly memoryMiB: number;
  readonly startupMs: number;
}

export type ToCell =
  /** First of all. */
  | {
      readonly type: "begin";
      readonly runtime: RuntimeCode;
      /** What isolates may hold that nobody uses just now. */
      readonly keptBytes: number;
    }
  /** A tenant comes, with the values that its counters have. Before its deployments. */
  | {
      readonly type: "tenant";
      readonly name: string;
      readonly counters: readonly CounterStart[];
      readonly limits: LimitStart;
    }
  /** `isTried`: it has started before, so its isolates are made when they are needed. */
  | { readonly type: "load"; readonly deployment: CellDeployment; readonly isTried: boolean }
  /** An operator has set a counter: `delta`, decimal, is what that adds. */
  | {
      readonly type: "counter";
      readonly tenant: string;
      readonly name: string;
      readonly delta: string;
    }
  /** An operator has reset a rate limit, for one key or (null) for all. */
  | {
      readonly type: "limit reset";
      readonly tenant: string;
      readonly name: string;
      readonly key: string | null;
    }
  /** What requests of the process before this one hold: `notes` as in `LimitStart`. */
  | { readonly type: "limit holds"; readonly tenant: string; readonly notes: string }
  /** What this proxy may let through, as was heard of all: as in a LimitStart; empty: no news. */
  | ({ readonly type: "limit news"; readonly tenant: string } & Omit<LimitStart, "key">)
  | { readonly type: "unload"; readonly key: number }
  /** The tenant has moved: nothing of it stays. */
  | { readonly type: "leave"; readonly name: string };

export type FromCell =
  | { readonly type: "ready" }
  | { readonly type: "loaded"; readonly key: number; readonly result: Loaded }
  | { readonly type: "report"; readonly turns: number; readonly tenants: readonly TenantSize[] };

/** Null: it has been tried before, and was not started now. */
export type Loaded = LoadResult | null;

export interface TenantSize {
  readonly name: string;
  readonly heapBytes: number;
}
