// Rate limits that every worker shares: a decision is one compare-exchange in memory that all of
// them see, and no host call. How each algorithm decides is in src/wire/limits.

import { CONTROL } from "../../src/wire/control.ts";
import {
  ALGORITHM,
  type Decision,
  type LimitRule,
  newDecision,
} from "../../src/wire/limits/algorithms.ts";
import { limitMemory } from "../../src/wire/limits/layout.ts";
import { type LimitName, seedOf, takeFrom } from "../../src/wire/limits/take.ts";
import { learnt, limits, port, SOURCE, windows } from "./shared.ts";

/** How often a key may do something, and how that is counted. */
export interface RateLimitOptions {
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

const NAME = /^[!-~]{1,128}$/;
const OVER_LIMIT = -2;
const COUNT_MAX = 1_000_000;
const SLIDING_MAX = 500_000;
const WINDOW_MS_MAX = 604_800_000;
const KEYS: readonly string[] = ["limit", "windowMs", "algorithm", "burst"];

const apply = Reflect.apply;
const exec = RegExp.prototype.exec;
const isInteger = Number.isSafeInteger;
const keysOf = Object.keys;
const freeze = Object.freeze;
const floor = Math.floor;

const memory = port.rateLimits === undefined ? null : limitMemory(port.rateLimits);

/**
 * The tenant's rate limit of that name: 1 to 128 printable ASCII characters. Make it once, at the
 * top of the script. Exact across all workers; it survives deployments, rollbacks and the end of an
 * isolate, and begins anew when the proxy starts again. Throws TypeError or RangeError for options
 * that are none.
 */
export function rateLimit(name: string, options: RateLimitOptions): RateLimit {
  if (typeof name !== "string" || apply(exec, NAME, [name]) === null) {
    throw new TypeError("rateLimit: expected a name of 1 to 128 printable ASCII characters");
  }
  const rule = ruleFrom(`rateLimit ${name}`, options);
  if (memory === null) throw new Error(`rateLimit ${name}: expected the script to say rateLimit`);
  const { algorithm, limit, windowMs, burst } = rule;
  const id = port.limitOf(name, algorithm, limit, windowMs, burst);
  if (id === OVER_LIMIT) {
    const most = `${limits.rateLimits} (limits.rateLimits)`;
    throw new RangeError(`rateLimit ${name}: the tenant has as many as it may have, ${most}`);
  }
  if (id <= 0) throw new RangeError(`rateLimit ${name}: there is no room for more limits`);
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
      return learnt(SOURCE.rateLimit, { allowed, remaining, retryAfterMs });
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

function ruleFrom(what: string, options: unknown): LimitRule {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${what}: expected { limit, windowMs, algorithm }, got ${typeof options}`);
  }
  const given: Partial<Record<string, unknown>> = { ...options };
  const names = keysOf(given);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] ?? "";
    if (!isOption(name)) {
      throw new TypeError(
        `${what}: ${shown(name)} is no option: limit, windowMs, algorithm, burst`,
      );
    }
  }
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

function isOption(name: string): boolean {
  for (let i = 0; i < KEYS.length; i++) if (KEYS[i] === name) return true;
  return false;
}

function algorithmOf(what: string, given: unknown): number {
  if (given === "fixed-window") return ALGORITHM.fixedWindow;
  if (given === "sliding-window") return ALGORITHM.slidingWindow;
  if (given === "token-bucket") return ALGORITHM.tokenBucket;
  const expected = '"fixed-window", "sliding-window" or "token-bucket"';
  throw new TypeError(`${what}: algorithm: expected ${expected}, got ${shown(given)}`);
}

function whole(what: string, option: string, given: unknown, most: number): number {
  if (typeof given === "number" && isInteger(given) && given >= 1 && given <= most) return given;
  const expected = `expected a whole number from 1 to ${most}`;
  throw new RangeError(`${what}: ${option}: ${expected}, got ${shown(given)}`);
}

function shown(value: unknown): string {
  if (typeof value === "string") return `"${value.length > 40 ? "…" : value}"`;
  return typeof value === "number" ? `${value}` : typeof value;
}
