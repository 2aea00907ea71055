// Bounds of what is captured of requests, and of replays.

export const CAPTURE_LIMITS = {
  /** Of a body: requests and answers of an API are whole, a download is cut and not replayed. */
  bodyBytes: 65_536,
  /** A record as JSON. Larger ones are dropped and counted. */
  recordChars: 1_048_576,
  /** Calls of hooks of one request that are noted: a body of many chunks is not replayed. */
  calls: 64,
  /** Attempts at peers. */
  attempts: 8,
  /** Requests of all tenants that one worker notes at a time, … */
  underWay: 64,
  /** … and that it begins to note in a second: what a replay needs is a choice, not all. */
  perSecond: 50,
  /** Rules of a tenant, … */
  rules: 8,
  /** … and requests that one may keep. */
  ofRule: 1_000,
  /** Records of a tenant, sealed, … */
  tenantBytes: 16_777_216,
  /** … and of all. */
  bytes: 134_217_728,
  /** Time after which a rule and all that it kept are gone: an hour unless it says otherwise. */
  ttlMs: 3_600_000,
  ttlMsMax: 86_400_000,
  /** How often what has expired is looked for. */
  sweepMs: 10_000,
  /** Records replayed by one call, one after the other in one process, … */
  replayed: 100,
  /** … which has so long, … */
  replayMs: 60_000,
  /** … and may say so much. */
  reportBytes: 4_194_304,
} as const;
