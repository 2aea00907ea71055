// One guardian for all proxies that share a store: each tells how versions fare there, and the one
// that has the lease judges by the sum. What it decides carries the lease, so that one that was
// stopped and wakes takes nothing back. Without the store nobody judges: what happens meanwhile is
// not counted.

import { CLUSTER_LIMITS } from "../../base/cluster-limits.ts";
import { within } from "../../base/within.ts";
import type { Fence } from "../store/store.ts";
import { sumOf } from "./counts.ts";
import type { Guardian, Observed } from "./guardian.ts";

/** What one proxy told. */
export interface Told {
  /** How long ago. */
  readonly ageMs: number;
  readonly observed: readonly Observed[];
}

/** What all proxies know together. Each promise may reject with a StoreError. */
export interface SharedTrials {
  /** The store does not answer. */
  readonly isLost: boolean;
  /** Null: this proxy does not have the lease. */
  readonly fence: Fence | null;
  /** Takes the lease if it can be had, and keeps it. */
  hold(): Promise<Fence | null>;
  giveBack(): Promise<void>;
  tell(observed: readonly Observed[]): Promise<void>;
  /** What is new since it was asked, the oldest first; the first time what is kept. */
  news(): Promise<readonly Told[]>;
  /** The next time is the first one again. */
  forget(): void;
}

export interface SharedGuardianOptions {
  readonly trials: SharedTrials;
  readonly guardian: Guardian;
  /** Told once of each thing that goes wrong, while the store answers. */
  readonly onFailed: (error: unknown) => void;
}

export class SharedGuardian {
  readonly #options: SharedGuardianOptions;
  /** By tenant and version: what was not told yet. */
  readonly #untold = new Map<string, Observed>();
  #epoch: number | null = null;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #isClosed = false;
  #failure = "";

  constructor(options: SharedGuardianOptions) {
    this.#options = options;
    this.#again();
  }

  /** What happened at this proxy. */
  observe(observed: readonly Observed[]): void {
    for (const one of observed) {
      if (one.version === 0 || one.requests === 0) continue;
      const key = `${one.tenant} ${one.version}`;
      this.#untold.set(key, added(this.#untold.get(key), one));
    }
  }

  /** Another proxy judges from now on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await within(CLUSTER_LIMITS.goodbyeMs, this.#running);
    // if it cannot say so, the others find out
    await this.#options.trials.giveBack().catch(() => undefined);
  }

  #again(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#look().finally(() => this.#again());
    }, CLUSTER_LIMITS.talliesMs).unref();
  }

  async #look(): Promise<void> {
    try {
      await this.#lookOnce();
      this.#failure = "";
    } catch (thrown) {
      this.#lose();
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      if (this.#options.trials.isLost || message === this.#failure) return;
      this.#failure = message;
      this.#options.onFailed(thrown);
    }
  }

  async #lookOnce(): Promise<void> {
    const { trials } = this.#options;
    if (trials.isLost) return this.#lose();
    await this.#tell();
    const fence = await trials.hold();
    if (fence === null || fence.epoch !== this.#epoch) this.#forget();
    if (fence === null) return;
    const isFirst = this.#epoch === null;
    this.#epoch = fence.epoch;
    this.#count(await trials.news(), isFirst);
  }

  async #tell(): Promise<void> {
    const some = [...this.#untold].slice(0, CLUSTER_LIMITS.tallies);
    if (some.length === 0) return;
    // what comes in while it is told is told the next time
    for (const [key] of some) this.#untold.delete(key);
    await this.#options.trials.tell(some.map(([, one]) => one));
  }

  #count(news: readonly Told[], isFirst: boolean): void {
    const { guardian } = this.#options;
    const nowMs = performance.now();
    for (const { ageMs, observed } of news) {
      // who judged before has judged what happened before
      if (isFirst) guardian.recall(observed, nowMs - ageMs);
      else guardian.observe(observed, nowMs - ageMs);
    }
  }

  #lose(): void {
    this.#untold.clear();
    this.#forget();
  }

  #forget(): void {
    if (this.#epoch === null) return;
    this.#epoch = null;
    this.#options.trials.forget();
    this.#options.guardian.forgetAll();
  }
}

function added(before: Observed | undefined, more: Observed): Observed {
  const { tenant, version } = more;
  const counts = sumOf(before === undefined ? [more] : [before, more]);
  return { tenant, version, ...counts, failure: more.failure ?? before?.failure ?? null };
}
