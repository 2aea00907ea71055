// The part of `LIMITS` (limits.ts) that is about traces.

export const TRACE_LIMITS = {
  // Trace context: base/trace-context.ts
  /** A later version of traceparent may be longer than ours, with 55. */
  traceParentChars: 512,
  /** What is read of tracestate: 32 members of the longest kind are 16 KiB. */
  traceStateReadChars: 16_896,
  /** What is passed on of it: what the standard asks for, … */
  traceStateChars: 512,
  /** … and, where there is more, of one member. */
  traceStateMemberChars: 128,

  // Spans: observe/trace
  /** Fetches of one request that have spans of their own. */
  timedFetches: 32,
  /** Of an attribute that a client or a script wrote: a URL that somebody would read. */
  spanAttributeChars: 1_024,
  /** Spans go from worker to main thread in batches of this size, … */
  spanBatchChars: 131_072,
  /** … or after this time: a collector waits for seconds anyway. */
  spanBatchMs: 250,
  /** Spans of one tenant in one batch of one worker: 8,000 a second, more than a core serves. */
  spansOfTenantBatch: 2_000,
  /** Text of spans from one worker to the main thread: more is counted as dropped. */
  spanWindowChars: 4_194_304,
  /** Spans that wait for the collector: some seconds of a busy proxy, … */
  spanQueue: 20_000,
  /** … and their text. */
  spanQueueChars: 16_777_216,
  /** Spans of one export, as OpenTelemetry has it by default. */
  spansOfExport: 512,
  /** Of the collector's answer. */
  spanAnswerBytes: 65_536,
  /** Tries of one export, and the least and longest time between two. */
  spanTries: 5,
  spanRetryMs: 1_000,
  spanRetryMsMax: 30_000,
  /** How long a proxy that ends waits for the collector to take the last spans. */
  spanCloseMs: 2_000,
} as const;
