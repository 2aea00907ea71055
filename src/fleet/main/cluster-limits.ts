// Rate limits of all proxies, as this one decides by them: tells what it has let through, hears
// what that adds up to, and says what may be let through from there (wire/limits/cluster.ts). While
// PostgreSQL does not answer, windows that begin are shared out: each proxy has its part of them.

import { machineMs } from "../../base/clock.ts";
import { CLUSTER_LIMITS } from "../../base/cluster-limits.ts";
import { Mutex } from "../../base/mutex.ts";
import type { SharedUse, SharedUses } from "../../control/store/cluster/shared-uses.ts";
import type { LimitGroup } from "../../state/limit-notes.ts";
import type { SlotNote } from "../../state/limit-slots.ts";
import type { LimitTable, LimitTotals } from "../../state/limit-table.ts";
import type { LimitTables } from "../../state/limit-tables.ts";
import {
  allowance,
  clusterLimits,
  type LimitUse,
  useKeyOf,
  usesOf,
} from "../../state/limit-uses.ts";
import { shareOf, untoldMax } from "../../wire/limits/cluster.ts";
import { LOW_COUNT } from "../../wire/limits/state.ts";
import type { CellMoves } from "../cells/cell-moves.ts";
import { ClusterTermsKeeper, type ClusterTimes } from "./cluster-terms.ts";

export interface ClusterLimitsOptions {
  readonly shared: Pick<SharedUses, "exchange" | "forget" | "lostAtMs" | "reset">;
  readonly tables: LimitTables;
  /** Of this proxy's copy. */
  readonly folder: string;
  /** Of this process, and whom it took over from. */
  readonly run: string;
  /** Where keys are decided about that this process does not decide about; null: nowhere. */
  readonly cells: () => Pick<CellMoves, "hearLimits" | "hearTerms"> | null;
  /** Left out: those that fit how PostgreSQL is looked for. */
  readonly times?: ClusterTimes;
}

const TIMES: ClusterTimes = {
  aloneAfterMs: CLUSTER_LIMITS.aloneAfterMs,
  settledAfterMs: CLUSTER_LIMITS.leaseMs,
};

interface Limit extends LimitTotals {
  readonly tenant: string;
  readonly table: LimitTable;
}

interface Told extends LimitUse {
  readonly limit: Limit;
}

export class ClusterLimits {
  readonly #options: ClusterLimitsOptions;
  readonly #terms: ClusterTermsKeeper;
  readonly #mutex = new Mutex();
  /** What was told of each key in its window, and when that ends by the engine's clock. */
  readonly #told = new Map<string, { readonly used: number; readonly endsAtMs: number }>();
  /** What each limit had let through when all of its keys were looked at last. */
  readonly #seen = new Map<string, bigint>();
  #timer: NodeJS.Timeout | undefined;
  #isRunning = false;
  #lookedAtMs = 0;
  #forgotAtMs = 0;

  constructor(options: ClusterLimitsOptions) {
    this.#options = options;
    this.#terms = new ClusterTermsKeeper(options.folder, options.times ?? TIMES);
    options.tables.agree(this.#terms.now);
  }

  /** Before anything is let through. */
  load(): Promise<void> {
    return this.exchange();
  }

  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#tellAgain();
    this.#again(0);
  }

  /** Nothing is told any more once it resolves. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    clearTimeout(this.#timer);
    await this.#mutex.idle();
  }

  /** Never rejects: what could not be told is told the next time. */
  exchange(): Promise<void> {
    return this.#mutex.run(() => this.#exchange(this.#limits(), true));
  }

  /** False: there is no such limit of all proxies. Rejects with a StoreError. */
  async reset(tenant: string, name: string, key: string | null): Promise<boolean> {
    const limits = this.#limits().filter((one) => one.tenant === tenant && one.name === name);
    for (const limit of limits) {
      const number = key === null ? null : numberOf(useKeyOf(limit.table, limit, key));
      await this.#options.shared.reset({ tenant, series: seriesOf(limit), key: number });
    }
    await this.exchange();
    return limits.length > 0;
  }

  #limits(): Limit[] {
    const all = [...this.#options.tables.all()];
    return all.flatMap(([tenant, table]) =>
      clusterLimits(table).map((limit) => ({ ...limit, tenant, table })),
    );
  }

  #again(afterMs: number): void {
    this.#timer = setTimeout(() => void this.#step(), afterMs).unref();
  }

  async #step(): Promise<void> {
    const limits = this.#limits();
    const isLook = performance.now() - this.#lookedAtMs >= CLUSTER_LIMITS.usesLookMs;
    if (limits.length > 0) await this.#mutex.run(() => this.#exchange(limits, isLook));
    const everyMs = limits.map(({ rule }) => this.#terms.tellEveryMs(rule.windowMs));
    if (this.#isRunning) this.#again(Math.min(CLUSTER_LIMITS.usesLookMs, ...everyMs));
  }

  async #exchange(limits: readonly Limit[], isLook: boolean): Promise<void> {
    const { shared, tables, cells } = this.#options;
    if (shared.lostAtMs !== null) this.#terms.lost();
    const told = this.#untold(limits, isLook);
    if (told.length > 0 || isLook) await this.#hear(told);
    if (isLook) this.#look();
    if (!this.#terms.haveChanged()) return;
    tables.agree(this.#terms.now);
    cells()?.hearTerms();
  }

  /** @param isLook  with those that may let nothing through: somebody may have reset them */
  #untold(limits: readonly Limit[], isLook: boolean): Told[] {
    const untold: Told[] = [];
    for (const limit of limits) {
      const name = `${limit.tenant} ${limit.id}`;
      if (!isLook && this.#seen.get(name) === limit.allowed) continue;
      for (const use of usesOf(limit.table.memory, limit)) {
        const isTold = this.#told.get(nameOf(limit, use))?.used === use.used;
        if (isTold && !(isLook && use.used >= use.most)) continue;
        if (untold.length >= CLUSTER_LIMITS.usesAtOnce) return untold;
        untold.push({ ...use, limit });
      }
      this.#seen.set(name, limit.allowed);
    }
    return untold;
  }

  async #hear(told: readonly Told[]): Promise<void> {
    const { shared, run } = this.#options;
    const sentMs = machineMs();
    const heard = await shared.exchange(told.map(toShared), run);
    if (heard === null) {
      this.#terms.lost();
      this.#tellAgain();
      return;
    }
    this.#terms.heard(heard, { sentMs, heardMs: machineMs() });
    const raised: (Told & { readonly note: SlotNote })[] = [];
    told.forEach((one, i) => {
      const total = heard.totals[i] ?? null;
      if (total === null) return;
      const endsAtMs = (one.number + 1) * one.limit.rule.windowMs;
      this.#told.set(nameOf(one.limit, one), { used: one.used, endsAtMs });
      const most = this.#mostOf(one, total);
      if (most > one.most) raised.push({ ...one, note: allowance(one, most) });
    });
    this.#raise(raised);
  }

  /** What this proxy may let through of the window, where all have let through so much. */
  #mostOf({ limit: { rule }, number, used }: Told, total: number): number {
    const startMs = number * rule.windowMs;
    const { nodes } = this.#terms.now;
    const most = Math.min(used + untoldMax(rule.limit, nodes), rule.limit - (total - used));
    const share = this.#terms.isSettling(startMs) ? shareOf(rule.limit, nodes) : LOW_COUNT - 1;
    return Math.min(most, share);
  }

  #raise(raised: readonly (Told & { readonly note: SlotNote })[]): void {
    const byTenant = Map.groupBy(raised, ({ limit }) => limit.tenant);
    for (const [tenant, all] of byTenant) {
      const groups: LimitGroup[] = [];
      for (const [limit, some] of Map.groupBy(all, (one) => one.limit)) {
        const slots = some.map(({ note }) => note);
        for (const note of slots) limit.table.slots.merge(limit.id, note);
        const { name, rule } = limit;
        groups.push({ name, rule, slots, allowed: 0, refused: 0, holds: [] });
      }
      this.#options.cells()?.hearLimits(tenant, { evicted: 0, groups });
    }
  }

  /** Nobody knows what of it the engine has. */
  #tellAgain(): void {
    this.#told.clear();
    this.#seen.clear();
  }

  /** What is over needs no place. */
  #look(): void {
    this.#lookedAtMs = performance.now();
    const nowMs = this.#terms.engineMs();
    for (const [name, { endsAtMs }] of this.#told) if (endsAtMs < nowMs) this.#told.delete(name);
    if (this.#lookedAtMs - this.#forgotAtMs < CLUSTER_LIMITS.usesKeptMs) return;
    this.#forgotAtMs = this.#lookedAtMs;
    void this.#options.shared.forget();
  }
}

/** Two halves of 24 and 29 bits as one number. */
const numberOf = ({ low, high }: Pick<LimitUse, "low" | "high">): number =>
  (low >>> 8) * 2 ** 29 + high;

const nameOf = ({ tenant, id }: Limit, { low, high, number }: LimitUse): string =>
  `${tenant} ${id} ${low} ${high} ${number}`;

const seriesOf = ({ name, rule }: Pick<Limit, "name" | "rule">): string =>
  `${rule.windowMs} ${name}`;

const toShared = ({ limit, number, used, ...key }: Told): SharedUse => ({
  ...{ tenant: limit.tenant, series: seriesOf(limit), windowMs: limit.rule.windowMs },
  ...{ number, key: numberOf(key), used },
});
