// The part of `LIMITS` (limits.ts) that is about the admin address.

export const ADMIN_LIMITS = {
  // The admin listener: control/admin.ts
  /** Probes and one or two scrapers. */
  adminConnections: 256,
  adminHeadBytes: 16_384,
  /** For a request's head to arrive, … */
  adminHeadMs: 10_000,
  /** … and the whole request: the largest upload over a slow line. */
  adminRequestMs: 60_000,
  /** How often the above is looked at. */
  adminCheckMs: 1_000,
  /** How often a stopping proxy closes admin connections that have become idle. */
  adminIdleMs: 50,
  /** How long it waits for admin requests under way, … */
  adminCloseMs: 1_000,
  /** … and one that has a successor: as long as an upload may take. */
  adminHandoverMs: 60_000,
  /** Longer than the usual scrape interval of 15 s, so that a scraper keeps its connection. */
  adminKeepAliveMs: 30_000,

  // The admin API: control/api
  /** A tenant's settings with its error pages; routes that take scripts say how much more. */
  apiBodyBytes: 1_048_576,
  /** Tenants applied together: a file of `configFileBytes` as JSON, with room for a few pages. */
  applyBytes: 4_194_304,
  /** Bodies under way of one tenant: eight of the largest uploads, of 100 MB together, … */
  apiOwnerBodyBytes: 100_663_296,
  /** … and of all, but for the first of each. */
  apiBodiesBytes: 301_989_888,
  /** Levels of JSON: a tenant's settings have six, a flag's value may have more. */
  apiJsonDepth: 32,
  /** The first refused login waits this long for its answer, each further one twice as long, … */
  apiFirstRefusalMs: 100,
  /** … up to this: another proxy that asks for somebody is told before it gives up (askMs). */
  apiRefusalMs: 1_500,
  /** Refusals that wait at once: a quarter of the connections. */
  apiLateRefusals: 64,
  /** Addresses whose failures are remembered: some 200 KB, … */
  apiFailedSources: 1_024,
  /** … and for how long after the last one. */
  apiForgetFailuresMs: 900_000,
  /** All are read to know whether there is one. */
  apiTokens: 10_000,
  /** Between two audit lines about one address that fails. */
  apiTellFailuresMs: 60_000,
  /** Lines of the audit log that one page is looked for in: some 50 ms. */
  auditScan: 100_000,
  /** Of the URL, and of each header field, of a request that is explained: as clients may send. */
  explainedChars: 8_192,
  /** Redirects of it that are followed: browsers give up after as many. */
  explainedRedirects: 20,
  /** Sessions of browsers with one token: more than one person has browsers and windows, … */
  apiSessionsOfToken: 16,
  /** … and of all: some 200 KB. */
  apiSessions: 512,
  /** A session that nobody uses ends after this, … */
  apiSessionIdleMs: 1_800_000,
  /** … and any after a working day. */
  apiSessionMs: 43_200_000,

  // Charts of the dashboard: observe/series.ts
  /** A step of the charts: what a person who watches waits for, … */
  seriesStepMs: 5_000,
  /** … of which half an hour is kept, … */
  seriesSteps: 360,
  /** … and a day of long steps, 24 short ones each. */
  seriesLongSteps: 720,
  /** Tenants with charts of their own: some 8 MB; of others Prometheus has them. */
  seriesTenants: 200,

  // The stream of what changes: fleet/main/events.ts
  /** How often it is looked for: a person who has changed something waits for it. */
  eventsLookMs: 1_000,
  /** Events that a reader may have missed: some minutes of a busy day. */
  eventsKept: 64,

  // Timings of requests: observe/timings.ts, observe/kept-requests.ts
  /** Calls of hooks of one request: a body of many chunks counts on, and shows the first ones. */
  timedCalls: 48,
  /** Its attempts: more than any budget of retries gives. */
  timedAttempts: 8,
  /** Requests that one worker keeps, of all tenants: some 8 MB with long targets. */
  keptRequests: 2_000,
} as const;
