// What a proxy goes by in limits of all: how many proxies there are, the engine's clock, and which
// windows are shared without it. Told to whoever decides.

import { machineMs } from "../../base/clock.ts";
import { CLUSTER_LIMITS } from "../../base/cluster-limits.ts";
import type { SharedTotals } from "../../control/store/cluster/shared-uses.ts";
import { type ClusterTerms, OVERSHOOT_PARTS } from "../../wire/limits/cluster.ts";
import { EngineClock } from "./engine-clock.ts";
import { NodeCount } from "./node-count.ts";

export interface ClusterTimes {
  /** After it was lost: by then all others have noticed that, or it answers again. */
  readonly aloneAfterMs: number;
  /** After it was found: by then all others have found it. */
  readonly settledAfterMs: number;
}

export class ClusterTermsKeeper {
  readonly #nodes: NodeCount;
  readonly #clock: EngineClock;
  readonly #times: ClusterTimes;
  #isLost = false;
  #aloneFromMs = 0;
  #aloneUntilMs = 0;
  #settledAtMs = 0;
  #agreed = "";

  /** @param folder  of this proxy's copy */
  constructor(folder: string, times: ClusterTimes) {
    this.#nodes = new NodeCount(folder);
    this.#clock = new EngineClock(folder, () => Date.now() - machineMs());
    this.#times = times;
  }

  get now(): ClusterTerms {
    return {
      nodes: this.#nodes.value,
      clockMs: this.#clock.offsetMs,
      aloneFromMs: this.#aloneFromMs,
      aloneUntilMs: this.#aloneUntilMs,
    };
  }

  engineMs(): number {
    return machineMs() + this.#clock.offsetMs;
  }

  /** True, once: they are others than before. */
  haveChanged(): boolean {
    const before = this.#agreed;
    this.#agreed = JSON.stringify(this.now);
    return this.#agreed !== before;
  }

  /** The engine does not answer: windows that begin a while from now are shared without it. */
  lost(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#nodes.lost();
    this.#aloneFromMs = Math.ceil(this.engineMs()) + this.#times.aloneAfterMs;
    this.#aloneUntilMs = Number.MAX_SAFE_INTEGER;
  }

  heard(
    { nodes, atMs }: SharedTotals,
    asked: { readonly sentMs: number; readonly heardMs: number },
  ): void {
    this.#clock.heard(atMs, asked);
    this.#nodes.heard(nodes, performance.now());
    if (!this.#isLost) return;
    this.#isLost = false;
    this.#aloneUntilMs = 0;
    this.#settledAtMs = Math.ceil(this.engineMs()) + this.#times.settledAfterMs;
  }

  /** Whether others may still share out a window that begins then: they look for the engine. */
  isSettling(startMs: number): boolean {
    // they may have lost it a while before this one
    const fromMs = this.#aloneFromMs - this.#times.settledAfterMs;
    return startMs >= fromMs && this.engineMs() < this.#settledAtMs;
  }

  /** How often what was let through is told, so that one proxy alone may have all of a window. */
  tellEveryMs(windowMs: number): number {
    const { usesTellMsMin, usesLookMs } = CLUSTER_LIMITS;
    const wantedMs = windowMs / (OVERSHOOT_PARTS * this.#nodes.value);
    return Math.min(usesLookMs, Math.max(usesTellMsMin, Math.floor(wantedMs)));
  }
}
