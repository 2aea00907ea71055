// What the control plane asks of the processes that serve: that a change goes live everywhere, or
// changes nothing anywhere. The fleet implements it; its workers are none of our business here.
//
//   plan ──▶ build ──▶ prepare on every worker and cell ──▶ write ──▶ commit
//   any step but the last may refuse, and then everything is as before

import type { TenantConfig } from "../base/config/types.ts";

export interface Live {
  /**
   * Changes are made one after the other: nothing else changes from `plan` to the commit, reloads
   * of the file included. Rejects with what `plan` or `write` threw; nothing has changed then.
   */
  apply(change: LiveChange): Promise<ApplyResult>;
  /** Every tenant that serves, those of the file and those of the store. */
  tenants(): readonly LiveTenant[];
}

export interface LiveTenant {
  /** Its `script` is the one that the file names; null: it has none there. */
  readonly config: TenantConfig;
  readonly origin: "file" | "store";
}

export interface LiveChange {
  /** Name of the one tenant that it concerns. */
  readonly tenant: string;
  /**
   * What the tenant is to be, null: gone. Given what there is now, so that what it checks against
   * the others holds until the commit. May throw.
   */
  plan(tenants: readonly LiveTenant[]): Promise<TenantConfig | null>;
  /** Makes it durable, once every worker has prepared it. */
  write(): Promise<void>;
}

export type ApplyResult =
  /** Every worker serves it. */
  | { readonly ok: true; readonly generation: number }
  /** Each problem is one line. `prepare`: a worker did not become ready. */
  | {
      readonly ok: false;
      readonly step: "build" | "prepare";
      readonly isTimeout: boolean;
      readonly problems: readonly string[];
    };
