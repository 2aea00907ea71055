// How near a tenant is to its limits in one worker: what requests hold now, and the most that one
// request has used since the tenant's settings or versions last changed.

/** What a script's hooks use of one request's limits, all of them together. */
export interface RequestUse {
  readonly cpuMs: number;
  readonly logLines: number;
  readonly logBytes: number;
  readonly hostCalls: number;
}

export interface LimitUse extends RequestUse {
  /** Under way now. */
  readonly requests: number;
  /** Under way or waiting now. */
  readonly fetches: number;
  /** Of the largest isolate, as it is now; of a cell's nothing is known here. */
  readonly heapBytes: number;
}

export const NO_REQUEST_USE: RequestUse = { cpuMs: 0, logLines: 0, logBytes: 0, hostCalls: 0 };

export const NO_LIMIT_USE: LimitUse = { ...NO_REQUEST_USE, requests: 0, fetches: 0, heapBytes: 0 };

/** Limits are of a request, an isolate or a worker: of several the nearest counts. */
export const nearest = (one: LimitUse, two: LimitUse): LimitUse => ({
  cpuMs: Math.max(one.cpuMs, two.cpuMs),
  logLines: Math.max(one.logLines, two.logLines),
  logBytes: Math.max(one.logBytes, two.logBytes),
  hostCalls: Math.max(one.hostCalls, two.hostCalls),
  requests: Math.max(one.requests, two.requests),
  fetches: Math.max(one.fetches, two.fetches),
  heapBytes: Math.max(one.heapBytes, two.heapBytes),
});
