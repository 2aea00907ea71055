// An exchange as it is looked at when it is over.

import { type ErrorCode, SluiceError } from "../../src/base/errors.ts";
import type { EndedExchange, ScriptFailure } from "../../src/phases/tally.ts";

export interface Ended {
  readonly status: number;
  readonly error?: ErrorCode;
  readonly destination?: string;
  /** Default: `status`, if it went anywhere and there is no error. */
  readonly upstreamStatus?: number;
  readonly scriptFailure?: ScriptFailure;
  readonly responseTimeoutMs?: number;
  /** Default: true. */
  readonly hasRun?: boolean;
  readonly wasBusy?: boolean;
}

export function ended(given: Ended): EndedExchange {
  const { status, error, destination = "", scriptFailure = null, responseTimeoutMs } = given;
  const isAnswered = destination !== "" && error === undefined;
  return {
    hasRun: given.hasRun ?? true,
    wasBusy: given.wasBusy ?? false,
    response: { status },
    error: error === undefined ? null : new SluiceError(error),
    destination,
    upstreamStatus: given.upstreamStatus ?? (isAnswered ? status : 0),
    scriptFailure,
    options: responseTimeoutMs === undefined ? {} : { responseTimeoutMs },
  };
}
