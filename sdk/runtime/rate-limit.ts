// Rate limits that every worker shares: a decision is one compare-exchange in memory that all of
// them see, and no host call. How each algorithm decides is in src/wire/limits.

import { CONTROL } from "../../src/wire/control.ts";
import {
  ALGORITHM,
  type Decision,
  type LimitRule,
  newDecision,
} from "../../src/wire/limits/algorithms.ts";
import { type LimitName, seedOf, takeFrom } from "../../src/wire/limits/take.ts";
import { declareScope, type Scope } from "../../src/wire/scopes.ts";
import { COUNT_MAX, checkName, declare, optionsFrom, shown, whole } from "./limit-options.ts";
import { learnt, SOURCE, windows } from "./shared.ts";

/** How often a key may do something, and how that is counted. */
export interface RateLimitOptions {
  /** For whom it counts: this proxy. */
  readonly scope?: "node";
  /** Requests in a window: 1 to 1,000,000, of a sliding window up to 500,000. */
  readonly limit: number;
  /** Length of the window in ms: 1 to 604,800,000, a week. */
  readonly windowMs: number;
  /**
   * `fixed-window` begins with the key's first request, and the next with the first one after it;
   * `sliding-window` looks back from each request, in tenths of the window; `token-bucket` lets
   * requests through as they drip in, and `burst` at once.
   */
  readonly algorithm: "fixed-window" | "sliding-window" | "token-bucket";
  /** Of a token bucket: requests at once, 1 to 1,000,000. `limit` if it is left out. */
  readonly burst?: number;
}

/**
 * How often a key may do something at all proxies that share a PostgreSQL. They let through more
 * than the limit by a tenth of it, or by one each, whichever is more.
 */
export interface ClusterRateLimitOptions {
  readonly scope: "cluster";
  /** Requests in a window: 1 to 1,000,000. */
  readonly limit: number;
  /** Length of the window in ms: 1,000 to 604,800,000. Windows are those of PostgreSQL's clock. */
  readonly windowMs: number;
  readonly algorithm: "fixed-window";
}

/** What became of one question. */
export interface RateLimitResult {
  readonly allowed: boolean;
  /** What the key may take at once after this. */
  readonly remaining: number;
  /** When as many as were asked for may be taken, in ms from now; 0: they were. */
  readonly retryAfterMs: number;
}

export interface RateLimit {
  /**
   * Takes `n` (1) for that key, if they are there: all or none. Keys are hashed, so they may be
   * as long as they come; whoever gives them cannot make two meet.
   */
  take(key: string, n?: number): RateLimitResult;
}

const SLIDING_MAX = 500_000;
const WINDOW_MS_MAX = 604_800_000;
/** Of all proxies: shorter ones are over before they have heard of each other. */
const CLUSTER_WINDOW_MS_MIN = 1_000;
const OPTIONS = {
  known: ["limit", "windowMs", "algorithm", "burst", "scope"],
  expected: "limit, windowMs, algorithm",
} as const;

/** By name: what it was declared with first. */
const scopes: Record<string, Scope> = Object.create(null);

const isInteger = Number.isSafeInteger;
const freeze = Object.freeze;
const floor = Math.floor;

/**
 * The tenant's rate limit of that name: 1 to 128 printable ASCII characters. Make it once, at the
 * top of the script. Exact across all workers; it survives deployments, rollbacks and the end of an
 * isolate, and begins anew when the proxy starts again. With `scope: "cluster"` it counts at all
 * proxies that share a PostgreSQL. Throws TypeError or RangeError for options that are none.
 */
export function rateLimit(
  name: string,
  options: RateLimitOptions | ClusterRateLimitOptions,
): RateLimit {
  checkName("rateLimit", name);
  const what = `rateLimit ${name}`;
  const given = optionsFrom(what, options, OPTIONS);
  declareScope({ name, what, scopes }, given.scope);
  const rule = ruleFrom(what, given);
  const { id, memory } = declare("rateLimit", name, rule);
  return freeze(limitOf({ id, seed: seedOf(memory, name, rule) }, newDecision(memory, rule)));
}

function limitOf(name: LimitName, decision: Decision): RateLimit {
  const { rule } = decision;
  const most = rule.algorithm === ALGORITHM.tokenBucket ? rule.burst : rule.limit;
  return {
    take(key, n = 1) {
      if (typeof key !== "string") {
        throw new TypeError(`take: expected a key that is a string, got ${typeof key}`);
      }
      if (!isInteger(n) || n < 1 || n > most) {
        throw new RangeError(`take: expected a whole number from 1 to ${most}, got ${shown(n)}`);
      }
      setTime(decision);
      decision.count = n;
      takeFrom(name, key, decision);
      const { isAllowed: allowed, remaining, retryAfterMs } = decision;
      return learnt(SOURCE.rateLimit, key, { allowed, remaining, retryAfterMs });
    },
  };
}

/** The turn's, on the clock that all workers share. */
function setTime(decision: Decision): void {
  const { control } = windows;
  const low = (control[CONTROL.MACHINE_LOW] ?? 0) >>> 0;
  const parts = (control[CONTROL.MACHINE_HIGH] ?? 0) * 0x1_0000_0000 + low;
  decision.nowMs = floor(parts / 1_024);
  decision.nowParts = (low % 1_024) * 1_024;
}

function ruleFrom(what: string, given: ReturnType<typeof optionsFrom>): LimitRule {
  if (given.scope === "cluster") return clusterRuleFrom(what, given);
  const algorithm = algorithmOf(what, given.algorithm);
  const isSliding = algorithm === ALGORITHM.slidingWindow;
  const limit = whole(what, "limit", given.limit, isSliding ? SLIDING_MAX : COUNT_MAX);
  const windowMs = whole(what, "windowMs", given.windowMs, WINDOW_MS_MAX);
  if (given.burst !== undefined && algorithm !== ALGORITHM.tokenBucket) {
    throw new TypeError(`${what}: burst is an option of token-bucket alone`);
  }
  const burst = whole(what, "burst", given.burst ?? limit, COUNT_MAX);
  if ((burst / limit) * windowMs > WINDOW_MS_MAX) {
    throw new RangeError(`${what}: burst: expected one that drips in within a week`);
  }
  return { algorithm, limit, windowMs, burst };
}

function clusterRuleFrom(what: string, given: ReturnType<typeof optionsFrom>): LimitRule {
  if (given.algorithm !== "fixed-window") {
    const got = shown(given.algorithm);
    throw new TypeError(`${what}: scope cluster: algorithm: expected "fixed-window", got ${got}`);
  }
  if (given.burst !== undefined) {
    throw new TypeError(`${what}: burst is an option of token-bucket alone`);
  }
  const limit = whole(what, "limit", given.limit, COUNT_MAX);
  const windowMs = whole(what, "windowMs", given.windowMs, WINDOW_MS_MAX);
  if (windowMs < CLUSTER_WINDOW_MS_MIN) {
    const expected = `expected at least ${CLUSTER_WINDOW_MS_MIN}, got ${windowMs}`;
    throw new RangeError(`${what}: scope cluster: windowMs: ${expected}`);
  }
  return { algorithm: ALGORITHM.clusterWindow, limit, windowMs, burst: limit };
}

function algorithmOf(what: string, given: unknown): number {
  if (given === "fixed-window") return ALGORITHM.fixedWindow;
  if (given === "sliding-window") return ALGORITHM.slidingWindow;
  if (given === "token-bucket") return ALGORITHM.tokenBucket;
  const expected = '"fixed-window", "sliding-window" or "token-bucket"';
  throw new TypeError(`${what}: algorithm: expected ${expected}, got ${shown(given)}`);
}
