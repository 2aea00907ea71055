// The rate limits of all tenants for the admin API: read from shared memory, and reset where they
// are decided.

import type {
  KeyStanding,
  LimitKey,
  RateLimitSnapshot,
  RateLimitsAccess,
} from "../../control/rate-limits-access.ts";
import { isInFlight } from "../../state/limit-names.ts";
import type { LimitTables } from "../../state/limit-tables.ts";
import { ALGORITHM } from "../../wire/limits/algorithms.ts";
import type { CellFleet } from "../cells/cell-fleet.ts";
import type { ClusterLimits } from "./cluster-limits.ts";

const NAMES = new Map<number, RateLimitSnapshot["algorithm"]>([
  [ALGORITHM.fixedWindow, "fixed-window"],
  [ALGORITHM.slidingWindow, "sliding-window"],
  [ALGORITHM.tokenBucket, "token-bucket"],
  [ALGORITHM.inFlight, "in-flight"],
]);

export class RateLimits implements RateLimitsAccess {
  readonly #tables: LimitTables;
  /** Null: no cell decides. */
  readonly #cells: () => Pick<CellFleet, "moves"> | null;
  /** Null: a limit of all proxies is one of this proxy. */
  readonly #cluster: Pick<ClusterLimits, "reset"> | null;

  constructor(
    tables: LimitTables,
    cluster: Pick<ClusterLimits, "reset"> | null,
    cells: () => Pick<CellFleet, "moves"> | null,
  ) {
    this.#tables = tables;
    this.#cluster = cluster;
    this.#cells = cells;
  }

  of(tenant: string): RateLimitSnapshot[] {
    const limits = this.#tables.get(tenant)?.list() ?? [];
    return limits.map(({ name, rule, allowed, refused, keys, inFlight }) => ({
      ...{ name, keys, inFlight, limit: rule.limit, burst: rule.burst },
      windowMs: isInFlight(rule) ? 0 : rule.windowMs,
      algorithm: NAMES.get(rule.algorithm) ?? "fixed-window",
      scope: rule.algorithm === ALGORITHM.clusterWindow ? "cluster" : "node",
      ...{ allowed: Number(allowed), refused: Number(refused) },
    }));
  }

  standing({ tenant, name, key }: LimitKey): KeyStanding | null {
    const standing = this.#tables.get(tenant)?.standing(name, key) ?? null;
    if (standing === null) return null;
    const { isAllowed: allowed, remaining, retryAfterMs } = standing;
    return { allowed, remaining, retryAfterMs };
  }

  async reset({ tenant, name, key }: Parameters<RateLimitsAccess["reset"]>[0]): Promise<boolean> {
    if (await this.#cluster?.reset(tenant, name, key)) return true;
    const cells = this.#cells();
    if (cells !== null) return await cells.moves.resetLimit(tenant, name, key);
    return this.#tables.get(tenant)?.reset(name, key) ?? false;
  }
}
