// Why a call has failed.

import type { ErrorCode } from "../base/errors.ts";

export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  /** As the isolate had it: positions in the bundle. */
  readonly stack: string;
}
