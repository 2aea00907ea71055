// What the script of one tenant may use, as one table: the name with its unit last, the default,
// the range that can be configured, and what the limit bounds. The schema, the operator's caps,
// the documentation and the sentences of errors are made from it.

import { BODY_BYTES_MAX } from "../../wire/records.ts";

export const TENANT_LIMITS = {
  hookMs: {
    default: 50,
    range: [10, 10_000],
    bounds: "Processor time of one hook call.",
    error: "script_timeout",
  },
  requestCpuMs: {
    default: 2_000,
    range: [10, 3_600_000],
    bounds: "Processor time of all hooks of one request, together.",
    error: "script_timeout",
  },
  hookWallMs: {
    default: 30_000,
    range: [1, 86_400_000],
    bounds: "One hook call with all that it awaits; the wait for a piece of a streamed answer.",
    error: "script_timeout",
  },
  waitUntilMs: {
    default: 30_000,
    range: [1, 3_600_000],
    bounds: "What hooks hand to waitUntil, from the end of its request; the rest is cut off.",
    error: "",
  },
  turnWaitMs: {
    default: 5_000,
    range: [1, 3_600_000],
    bounds: "Wait of a request behind others of its tenant, for its script's turn in a cell.",
    error: "script_busy",
  },
  startupMs: {
    default: 1_000,
    range: [10, 30_000],
    bounds: "Processor time of the top level of a script, when it starts.",
    error: "",
  },
  memoryMiB: {
    default: 64,
    range: [8, 2_048],
    bounds: "Heap of one isolate.",
    error: "script_error",
  },
  ctxBytes: {
    default: 1_048_576,
    range: [2, 1_048_576],
    bounds: "A request's ctx, as JSON.",
    error: "script_ctx",
  },
  bufferedBodyBytes: {
    default: 10_485_760,
    range: [0, BODY_BYTES_MAX],
    bounds: "Largest body that a hook may read or get whole.",
    error: "body_too_large",
  },
  logLines: {
    default: 256,
    range: [0, 100_000],
    bounds: "Log lines of one request; the rest is dropped, and that is said.",
    error: "",
  },
  logBytes: {
    default: 2_097_152,
    range: [0, 16_777_216],
    bounds: "Text of the log lines of one request; the rest is dropped, and that is said.",
    error: "",
  },
  logBytesPerSecond: {
    default: 262_144,
    range: [1_024, 16_777_216],
    bounds:
      "Log text of a tenant's scripts over time, ten seconds of it at once; the rest is dropped.",
    error: "",
  },
  hostCalls: {
    default: 10_000,
    range: [0, 1_000_000],
    bounds:
      "What one request asks the host for: timers, bodies, fetches; pieces of bodies do not count.",
    error: "script_error",
  },
  hostCallsAtOnce: {
    default: 1_000,
    range: [0, 10_000],
    bounds: "Of these, those of one hook call that are open at a time.",
    error: "script_error",
  },
  subrequests: {
    default: 50,
    range: [0, 10_000],
    bounds: "Fetches of one request, each hop of a redirect counted.",
    error: "script_error",
  },
  subrequestsAtOnce: {
    default: 16,
    range: [1, 1_000],
    bounds: "Fetches of one request that are under way at a time; the others wait.",
    error: "",
  },
  subrequestsPerWorker: {
    default: 256,
    range: [1, 10_000],
    bounds: "Fetches of all requests of a tenant in one worker, under way or waiting.",
    error: "script_error",
  },
  counters: {
    default: 256,
    range: [0, 4_096],
    bounds: "Names of counters, those of earlier deployments that counted something included.",
    error: "script_error",
  },
  rateLimits: {
    default: 16,
    range: [0, 64],
    bounds: "Names of rate and in-flight limits, those of earlier deployments that run included.",
    error: "script_error",
  },
  memoryCacheBytes: {
    default: 16_777_216,
    range: [0, 268_435_456],
    bounds: "What memoryCache keeps, keys and values; the least recently used goes.",
    error: "",
  },
  memoryCacheEntries: {
    default: 10_000,
    range: [0, 100_000],
    bounds: "Keys in memoryCache; the least recently used goes.",
    error: "",
  },
  bundleBytes: {
    default: 1_048_576,
    range: [1_024, 1_048_576],
    bounds: "The bundled script.",
    error: "",
  },
} as const satisfies Record<string, LimitKind>;

export interface LimitKind {
  readonly default: number;
  readonly range: readonly [least: number, most: number];
  /** One sentence, for editors and the docs. */
  readonly bounds: string;
  /** Code of the failed request; empty: it fails no request. */
  readonly error: string;
}

export type TenantLimit = keyof typeof TENANT_LIMITS;

export type TenantLimitsConfig = Readonly<Record<TenantLimit, number>>;

/** The most that a tenant may be given; left out: the end of the range. */
export type LimitCaps = Readonly<Partial<Record<TenantLimit, number | undefined>>>;

const NAMES = Object.keys(TENANT_LIMITS).filter((name) => isTenantLimit(name));

function isTenantLimit(name: string): name is TenantLimit {
  return Object.hasOwn(TENANT_LIMITS, name);
}

/** One value for each limit. */
export function eachLimit<T>(make: (kind: LimitKind) => T): Record<TenantLimit, T> {
  const entries = NAMES.map((name): [TenantLimit, T] => [name, make(TENANT_LIMITS[name])]);
  const values: Partial<Record<TenantLimit, T>> = Object.fromEntries(entries);
  if (!isWhole(values)) throw new TypeError("each limit has a value");
  return values;
}

const isWhole = <T>(values: Partial<Record<TenantLimit, T>>): values is Record<TenantLimit, T> =>
  NAMES.every((name) => values[name] !== undefined);

/** What holds for a tenant: what it was given, else the default, and never over a cap. */
export function limitsOf(written: LimitCaps, caps: LimitCaps): TenantLimitsConfig {
  const limits = eachLimit((kind) => kind.default);
  for (const name of NAMES) {
    const cap = caps[name] ?? Number.POSITIVE_INFINITY;
    limits[name] = Math.min(written[name] ?? limits[name], cap);
  }
  return limits;
}

/** Those that the runtime inside an isolate keeps account of, or names. */
const RUNTIME_LIMITS = [
  "requestCpuMs",
  "ctxBytes",
  "logLines",
  "logBytes",
  "hostCalls",
  "hostCallsAtOnce",
  "counters",
  "rateLimits",
] as const satisfies readonly TenantLimit[];

export type RuntimeLimits = Pick<TenantLimitsConfig, (typeof RUNTIME_LIMITS)[number]>;

/** Nothing but those, whatever else there is. */
export const runtimeLimits = (limits: RuntimeLimits = limitsOf({}, {})): object =>
  Object.fromEntries(RUNTIME_LIMITS.map((name) => [name, limits[name]]));
