// How many requests may be under way at once, by key. The host counts, and gives back when a
// request ends: nothing that ends a script loses a count.

import { ALGORITHM } from "../../src/wire/limits/algorithms.ts";
import { hashOf, seedOf } from "../../src/wire/limits/take.ts";
import { OUT } from "../../src/wire/records.ts";
import { COUNT_MAX, checkName, declare, optionsFrom, whole } from "./limit-options.ts";
import { current, DOMException, learnt, out, port, SOURCE } from "./shared.ts";

export interface InflightOptions {
  /** Requests under way at once: 1 to 1,000,000. */
  readonly limit: number;
}

export interface Inflight {
  /**
   * Whether the running hook's request may be under way with that key: it counts from now on, and
   * until it ends, whatever ends it. False: as many as the limit says are under way. Each call
   * counts, so a request that enters a key twice takes two places. Keys are hashed, so they may be
   * as long as they come.
   */
  enter(key: string): boolean;
}

const OPTIONS = { known: ["limit"], expected: "limit" } as const;
const freeze = Object.freeze;

/**
 * The tenant's limit of that name on requests under way at once: 1 to 128 printable ASCII
 * characters. Make it once, at the top of the script. Exact across all workers; it survives
 * deployments, rollbacks and the end of an isolate. Throws TypeError or RangeError for options that
 * are none.
 */
export function inflight(name: string, options: InflightOptions): Inflight {
  checkName("inflight", name);
  const what = `inflight ${name}`;
  const given = optionsFrom(what, options, OPTIONS);
  const limit = whole(what, "limit", given.limit, COUNT_MAX);
  const rule = { algorithm: ALGORITHM.inFlight, limit, windowMs: 1, burst: limit };
  const { id, memory } = declare("inflight", name, rule);
  const seed = seedOf(memory, name, rule);
  return freeze({
    enter(key: string): boolean {
      if (typeof key !== "string") {
        throw new TypeError(`enter: expected a key that is a string, got ${typeof key}`);
      }
      const call = current();
      if (call === null) throw new Error("enter: this can only be done while a hook runs");
      if (!call.isLive) {
        throw new DOMException("enter: the hook that it belongs to is over", "AbortError");
      }
      if (!out.hasRoom) throw new RangeError("enter: too much at once");
      const { low, high } = hashOf(seed, key);
      const isIn = port.enter(id, limit, low, high) === 1;
      if (isIn) out.record(OUT.HOLD, call.id, low, high);
      return learnt(SOURCE.inflight, key, isIn);
    },
  });
}
