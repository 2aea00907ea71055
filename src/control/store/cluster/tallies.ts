// How versions fare at all proxies, by way of the engine: each proxy adds a row now and then, and
// the one that has the guardian's lease reads those of all. Not rows that proxies copy, so none of
// this waits for a change.

import type { Pool } from "pg";
import { CLUSTER_LIMITS } from "../../../base/cluster-limits.ts";
import type { PostgresAddress } from "../../../base/config/postgres.ts";
import type { Observed } from "../../deploy/guardian.ts";
import type { SharedTrials, Told } from "../../deploy/shared-guardian.ts";
import { inTime } from "../postgres/connect.ts";
import { toStoreError } from "../postgres/errors.ts";
import { toEngine } from "../postgres/values.ts";
import { type Fence, StoreError } from "../store.ts";
import type { Follower } from "./follower.ts";
import { Lease } from "./lease.ts";

export interface TalliesOptions {
  readonly pool: Pool;
  readonly address: PostgresAddress;
  /** Of this process: whoever has the same id and another one is another process. */
  readonly boot: string;
  readonly follower: Pick<Follower, "lost" | "lostAtMs" | "refusal">;
}

/** Of the table of leases. */
export const GUARDIAN = "guardian";

export class Tallies implements SharedTrials {
  readonly #options: TalliesOptions;
  readonly #lease: Lease;
  #seq = 0;
  /** By boot: the last row that was read. */
  readonly #read = new Map<string, number>();
  /** When it was read last; null: never, or so long ago that everything is read. */
  #readMs: number | null = null;

  constructor(options: TalliesOptions) {
    this.#options = options;
    const { pool, boot } = options;
    this.#lease = new Lease({ pool, name: GUARDIAN, holder: boot });
  }

  /** Nobody judges by a copy that is old. */
  get isLost(): boolean {
    const { lostAtMs, refusal } = this.#options.follower;
    return lostAtMs !== null || refusal !== null;
  }

  get fence(): Fence | null {
    return this.#lease.fence;
  }

  hold(): Promise<Fence | null> {
    return this.#answered(() => this.#lease.hold());
  }

  async giveBack(): Promise<void> {
    if (!this.isLost) await this.#answered(() => this.#lease.giveBack());
  }

  async tell(observed: readonly Observed[]): Promise<void> {
    const { pool, boot } = this.#options;
    // one whose answer was lost is not told again: it may be there
    const values = [boot, ++this.#seq, toEngine(JSON.stringify(observed))];
    await this.#answered(() => pool.query({ ...inTime(ADD), values }));
  }

  async news(): Promise<readonly Told[]> {
    const { pool } = this.#options;
    const { talliesKeptMs, talliesOverlapMs } = CLUSTER_LIMITS;
    const nowMs = performance.now();
    const sinceMs = nowMs - (this.#readMs ?? Number.NEGATIVE_INFINITY) + talliesOverlapMs;
    const backMs = Math.round(Math.min(sinceMs, talliesKeptMs));
    const found = await this.#answered(() => pool.query({ ...inTime(NEWS), values: [backMs] }));
    this.#readMs = nowMs;
    const news = found.rows.flatMap((row) => this.#unread(row));
    await this.#answered(() => pool.query({ ...inTime(FORGET), values: [talliesKeptMs] }));
    return news;
  }

  forget(): void {
    this.#readMs = null;
    this.#read.clear();
  }

  #unread(row: Readonly<Record<string, unknown>>): readonly Told[] {
    const [boot, seq] = [String(row.boot), Number(row.seq)];
    if (seq <= (this.#read.get(boot) ?? 0)) return [];
    // of processes that ended nothing comes any more
    if (this.#read.size >= CLUSTER_LIMITS.nodes) this.#read.clear();
    this.#read.set(boot, seq);
    return [{ ageMs: Number(row.age_ms), observed: JSON.parse(String(row.tallies)) }];
  }

  async #answered<T>(work: () => Promise<T>): Promise<T> {
    const { address, follower } = this.#options;
    try {
      return await work();
    } catch (thrown) {
      const error = toStoreError(thrown, address) ?? thrown;
      if (error instanceof StoreError && error.fault === "unreachable") follower.lost(error);
      throw error;
    }
  }
}

const ADD = "INSERT INTO tallies (boot, seq, at, tallies) VALUES ($1, $2, clock_timestamp(), $3)";
const NEWS = `
  SELECT boot, seq, tallies,
    greatest(0, extract(epoch FROM clock_timestamp() - at) * 1000) AS age_ms
  FROM tallies WHERE at > clock_timestamp() - $1::int * interval '1 ms' ORDER BY at, boot, seq`;
const FORGET = "DELETE FROM tallies WHERE at <= clock_timestamp() - $1::int * interval '1 ms'";
