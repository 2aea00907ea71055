// A lease of this proxy's: taken when nobody has it, renewed while this proxy lives. It stops
// believing in it before the engine does: its own clock runs from before it asked.

import type { Pool } from "pg";
import { CLUSTER_LIMITS } from "../../../base/cluster-limits.ts";
import { inTime } from "../postgres/connect.ts";
import type { Fence } from "../store.ts";

export interface LeaseOptions {
  readonly pool: Pool;
  readonly name: string;
  /** This process, whoever had its id before. */
  readonly holder: string;
}

export class Lease {
  readonly #options: LeaseOptions;
  #fence: Fence | null = null;
  /** By a clock that never goes back, and runs while the process is stopped. */
  #untilMs = 0;
  #askedMs = Number.NEGATIVE_INFINITY;

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  /** Null: this proxy does not have it, as far as it can tell without asking. */
  get fence(): Fence | null {
    return performance.now() < this.#untilMs ? this.#fence : null;
  }

  /** Asks the engine, but not more often than it must. Throws what the engine says. */
  async hold(): Promise<Fence | null> {
    const nowMs = performance.now();
    if (nowMs - this.#askedMs < CLUSTER_LIMITS.leaseRenewMs) return this.fence;
    this.#askedMs = nowMs;
    const { pool, name, holder } = this.#options;
    const values = [name, holder, CLUSTER_LIMITS.leaseMs];
    const [row] = (await pool.query({ ...inTime(HOLD), values })).rows;
    this.#fence = row === undefined ? null : { name, epoch: Number(row.epoch) };
    this.#untilMs = nowMs + CLUSTER_LIMITS.leaseMs;
    return this.fence;
  }

  /** Another proxy may have it at once. */
  async giveBack(): Promise<void> {
    const { fence } = this;
    this.#fence = null;
    if (fence === null) return;
    const { pool, holder } = this.#options;
    await pool.query({ ...inTime(GIVE_BACK), values: [fence.name, holder, fence.epoch] });
  }
}

/** Most ask while another one has it: nothing is written then, nor locked. */
const HOLD = `
  INSERT INTO leases AS l (name, holder, epoch, until)
  SELECT $1, $2, 1, clock_timestamp() + $3::int * interval '1 ms'
  WHERE NOT EXISTS (
    SELECT 1 FROM leases WHERE name = $1 AND holder <> $2 AND until > clock_timestamp()
  )
  ON CONFLICT (name) DO UPDATE SET
    epoch = l.epoch + CASE
      WHEN l.holder = excluded.holder AND l.until > clock_timestamp() THEN 0 ELSE 1 END,
    holder = excluded.holder, until = excluded.until
  WHERE l.holder = excluded.holder OR l.until <= clock_timestamp()
  RETURNING epoch`;

const GIVE_BACK = `
  UPDATE leases SET until = clock_timestamp() WHERE name = $1 AND holder = $2 AND epoch = $3`;
