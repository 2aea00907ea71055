// Rate limits of all proxies, as this one decides by them: tells what it has let through, hears
// what that adds up to, and says what may be let through from there (wire/limits/cluster.ts). While
// PostgreSQL does not answer, windows that begin are shared out: each proxy has its part of them.

import { machineMs } from "../../base/clock.ts";
import { CLUSTER_LIMITS } from "../../base/cluster-limits.ts";
import { Mutex } from "../../base/mutex.ts";
import type { SharedUse, SharedUses } from "../../control/store/cluster/shared-uses.ts";
import type { LimitGroup } from "../../state/limit-notes.ts";
import type { SlotNote } from "../../state/limit-slots.ts";
import type { LimitTables } from "../../state/limit-tables.ts";
import {
  allowance,
  clusterLimits,
  hasSlot,
  type UseKey,
  useKeyOf,
} from "../../state/limit-uses.ts";
import { shareOf, untoldMax } from "../../wire/limits/cluster.ts";
import { LOW_COUNT } from "../../wire/limits/state.ts";
import type { CellMoves } from "../cells/cell-moves.ts";
import { ClusterTermsKeeper, type ClusterTimes } from "./cluster-terms.ts";
import { type OwnLimit, type OwnUse, ToldUses } from "./told-uses.ts";

export interface ClusterLimitsOptions {
  readonly shared: Pick<SharedUses, "exchange" | "forget" | "lostAtMs" | "reset" | "withdraw">;
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

export class ClusterLimits {
  readonly #options: ClusterLimitsOptions;
  readonly #terms: ClusterTermsKeeper;
  readonly #mutex = new Mutex();
  readonly #told = new ToldUses();
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
    // nobody knows what another process has told meanwhile
    this.#told.clear();
    this.#again(0);
  }

  /** Nothing is told any more once it resolves. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    clearTimeout(this.#timer);
    await this.#mutex.idle();
  }

  /** Never rejects: what could not be told is told the next time. */
  async exchange(): Promise<void> {
    await this.#mutex.run(() => this.#exchange(this.#limits(), true));
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

  #limits(): OwnLimit[] {
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
    const beganMs = performance.now();
    // without limits only for how many proxies there are: the first one begins with it
    const lookMs = limits.length > 0 ? CLUSTER_LIMITS.usesLookMs : CLUSTER_LIMITS.reportMs;
    const isLook = beganMs - this.#lookedAtMs >= lookMs;
    const { isAll, count } = await this.#mutex.run(() => this.#exchange(limits, isLook));
    const wantedMs = isAll ? this.#terms.tellEveryMs(shortestMs(limits)) : 0;
    // what many have to tell at once is told more slowly: there are others who ask PostgreSQL
    const share = count / CLUSTER_LIMITS.usesAtOnce;
    const restMs = CLUSTER_LIMITS.usesRest * share * (performance.now() - beganMs);
    const afterMs = Math.min(CLUSTER_LIMITS.usesLookMs, Math.max(wantedMs, restMs));
    if (this.#isRunning) this.#again(afterMs);
  }

  /** How many keys were told of, and whether these were all: another look may wait then. */
  async #exchange(limits: readonly OwnLimit[], isLook: boolean) {
    const { shared, tables, cells } = this.#options;
    if (shared.lostAtMs !== null) this.#terms.lost();
    const { uses, isAll } = this.#told.next(limits, isLook);
    const isHeard = uses.length === 0 && !isLook ? true : await this.#hear(uses);
    if (isLook) await this.#look(limits);
    if (this.#terms.haveChanged()) {
      tables.agree(this.#terms.now);
      cells()?.hearTerms();
    }
    return { isAll: isAll || !isHeard, count: uses.length };
  }

  /** False: PostgreSQL does not answer. */
  async #hear(uses: readonly OwnUse[]): Promise<boolean> {
    const { shared, run } = this.#options;
    const sentMs = machineMs();
    const heard = await shared.exchange(uses.map(toShared), run);
    if (heard === null) {
      this.#terms.lost();
      this.#told.clear();
      return false;
    }
    this.#terms.heard(heard, { sentMs, heardMs: machineMs() });
    const raised: Raised[] = [];
    uses.forEach((one, i) => {
      const total = heard.totals[i] ?? null;
      if (total === null) return;
      this.#told.told(one);
      const most = this.#mostOf(one, total);
      // who has lost its place meanwhile takes nobody else's
      const isHere = hasSlot(one.limit.table.memory, one.limit, one);
      if (most > one.most && isHere) raised.push({ ...one, note: allowance(one, most) });
    });
    this.#raise(raised);
    return true;
  }

  /** What this proxy may let through of the window, where all have let through so much. */
  #mostOf({ limit: { rule }, number, used }: OwnUse, total: number): number {
    const startMs = number * rule.windowMs;
    const { nodes } = this.#terms.now;
    const most = Math.min(used + untoldMax(rule.limit, nodes), rule.limit - (total - used));
    const share = this.#terms.isSettling(startMs) ? shareOf(rule.limit, nodes) : LOW_COUNT - 1;
    return Math.min(most, share);
  }

  #raise(raised: readonly Raised[]): void {
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

  /** What has no place here needs none in PostgreSQL; nor does what is over. */
  async #look(limits: readonly OwnLimit[]): Promise<void> {
    const { shared, run } = this.#options;
    this.#lookedAtMs = performance.now();
    const evicted = this.#told.evicted(limits, this.#terms.engineMs());
    for (let i = 0; i < evicted.length; i += CLUSTER_LIMITS.usesAtOnce) {
      const some = evicted.slice(i, i + CLUSTER_LIMITS.usesAtOnce);
      await shared.withdraw(some.map(toShared), run);
    }
    if (this.#lookedAtMs - this.#forgotAtMs < CLUSTER_LIMITS.usesKeptMs) return;
    this.#forgotAtMs = this.#lookedAtMs;
    void shared.forget();
  }
}

interface Raised extends OwnUse {
  readonly note: SlotNote;
}

/** Of all windows. There may be more limits than a call has arguments. */
const shortestMs = (limits: readonly OwnLimit[]): number =>
  limits.reduce((least, { rule }) => Math.min(least, rule.windowMs), Number.MAX_SAFE_INTEGER);

/** Two halves of 24 and 29 bits as one number. */
const numberOf = ({ low, high }: UseKey): number => (low >>> 8) * 2 ** 29 + high;

const seriesOf = ({ name, rule }: Pick<OwnLimit, "name" | "rule">): string =>
  `${rule.windowMs} ${name}`;

const toShared = ({ limit, number, used, ...key }: OwnUse): SharedUse => ({
  ...{ tenant: limit.tenant, series: seriesOf(limit), windowMs: limit.rule.windowMs },
  ...{ number, key: numberOf(key), used },
});
