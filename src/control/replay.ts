// What the control plane asks of a process that is thrown away: what of captured requests is not as
// it was when a version of the script answers them. The fleet implements it.

import type { TenantConfig } from "../base/config/types.ts";
import type { Comparing, Difference } from "../observe/capture/difference.ts";
import type { CaptureRecord } from "../observe/capture/record.ts";

/** A request that was captured, with what its rule says is to be as it was. */
export interface CapturedRequest {
  readonly id: string;
  readonly record: CaptureRecord;
  readonly comparing: Comparing;
}

export interface ReplayRequest {
  readonly code: string;
  /** Source map as JSON. */
  readonly map: string;
  readonly tenant: TenantConfig;
  readonly captures: readonly CapturedRequest[];
}

export interface Replayed {
  /** Of the capture. */
  readonly id: string;
  /** `failed`: it could not be replayed. */
  readonly result: "same" | "differs" | "failed";
  /** The first one, in the order of a request's life. */
  readonly difference: Difference | null;
  /** Why it failed, or the code of the error that ended it; empty: neither. */
  readonly reason: string;
}

/** Throws DeployError if no process lives to try it. */
export type Replay = (request: ReplayRequest) => Promise<readonly Replayed[]>;
