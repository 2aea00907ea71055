// How many requests a client may make, by its address, without a script: a limit of the
// configuration, decided in the memory that all workers share, as scripts' own are
// (src/wire/limits).

import { machineTime } from "../../base/clock.ts";
import type { RequestLimitConfig } from "../../base/config/policy/types.ts";
import { SluiceError } from "../../base/errors.ts";
import type { LimitTable } from "../../state/limit-table.ts";
import {
  ALGORITHM,
  type Decision,
  type LimitRule,
  newDecision,
} from "../../wire/limits/algorithms.ts";
import { LIMIT_NAMES_MAX } from "../../wire/limits/layout.ts";
import { type LimitName, seedOf, takeFrom } from "../../wire/limits/take.ts";
import { networkOf } from "../tls/address-rate.ts";

/** Of a tenant, in the memory of its rate limits. */
export class RequestLimits implements Disposable {
  readonly #table: LimitTable;
  readonly #held: number[] = [];

  constructor(table: LimitTable) {
    this.#table = table;
  }

  /** @param what  names it in lists and metrics; scripts' own names have no blanks */
  limit(config: RequestLimitConfig, what: string): RequestLimit | null {
    const rule = ruleOf(config);
    const name = `requestLimit ${what}`.slice(0, NAME_CHARS_MAX);
    const id = this.#table.hold(name, rule, LIMIT_NAMES_MAX);
    if (id <= 0) return null;
    this.#held.push(id);
    const { memory } = this.#table;
    const decision = newDecision(memory, rule);
    return new RequestLimit({ id, seed: seedOf(memory, name, rule) }, decision, config.by);
  }

  [Symbol.dispose](): void {
    this.#table.release(this.#held.splice(0));
  }
}

const NAME_CHARS_MAX = 128;

export class RequestLimit {
  readonly #name: LimitName;
  readonly #decision: Decision;
  readonly #by: RequestLimitConfig["by"];

  constructor(name: LimitName, decision: Decision, by: RequestLimitConfig["by"]) {
    this.#name = name;
    this.#decision = decision;
    this.#by = by;
  }

  /** Null: it may go on. @param address  of the client, as trusted proxies gave it */
  refusal(address: string): SluiceError | null {
    const decision = this.#decision;
    const { ms, parts } = machineTime();
    decision.nowMs = ms;
    decision.nowParts = parts;
    takeFrom(this.#name, this.#by === "address" ? networkOf(address) : "", decision);
    if (decision.isAllowed) return null;
    const { retryAfterMs } = decision;
    const text = `over ${decision.rule.limit} requests in ${decision.rule.windowMs} ms`;
    return new SluiceError("too_many_requests", text, { retryAfterMs });
  }
}

const ruleOf = ({ algorithm, requests, windowMs, burst }: RequestLimitConfig): LimitRule => ({
  algorithm: ALGORITHMS[algorithm],
  limit: requests,
  windowMs,
  burst,
});

const ALGORITHMS = {
  "fixed-window": ALGORITHM.fixedWindow,
  "sliding-window": ALGORITHM.slidingWindow,
  "token-bucket": ALGORITHM.tokenBucket,
} as const;
