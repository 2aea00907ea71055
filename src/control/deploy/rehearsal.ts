// What the control plane asks of a process that is thrown away: how a script answers the smoke
// requests of its deployment, in the real runtime and without a network. The fleet implements it.

import type { TenantConfig } from "../../base/config/types.ts";
import type { SmokeRequest } from "../store/smoke-request.ts";

export interface Rehearsal {
  readonly code: string;
  /** Source map as JSON. */
  readonly map: string;
  readonly tenant: TenantConfig;
  readonly requests: readonly SmokeRequest[];
}

/** What a request did not get, one sentence: `expected status 200, got 500 (script_error)`. */
export interface SmokeFailure {
  /** Of the request: two of them may have one name. */
  readonly index: number;
  readonly text: string;
}

/** Throws DeployError if no process lives to try it; what the script does is a failure. */
export type Rehearse = (rehearsal: Rehearsal) => Promise<readonly SmokeFailure[]>;
