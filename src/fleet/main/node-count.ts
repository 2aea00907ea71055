// How many proxies share a limit: more at once, as each of them may let something through; fewer
// only after a while, when what those that are gone had let through has been told. It is kept on
// the disk for a start without the engine.

import { CLUSTER_LIMITS } from "../../base/cluster-limits.ts";
import { KeptNumber } from "./kept-number.ts";

export class NodeCount {
  readonly #kept: KeptNumber;
  #count: number;
  /** Since when there have been fewer, and how many at most; null: there are not. */
  #fewer: { readonly sinceMs: number; readonly most: number } | null = null;

  /** @param folder  of this proxy's copy */
  constructor(folder: string) {
    this.#kept = new KeptNumber(folder, "node-count");
    const kept = this.#kept.read() ?? 1;
    this.#count = kept >= 1 && kept <= CLUSTER_LIMITS.nodes ? kept : 1;
  }

  get value(): number {
    return this.#count;
  }

  /** The engine does not answer: who could not report meanwhile is not gone. */
  lost(): void {
    this.#fewer = null;
  }

  /** @param nowMs  on a clock that never goes back */
  heard(count: number, nowMs: number): void {
    if (count >= this.#count) {
      this.#fewer = null;
      if (count > this.#count) this.#set(count);
      return;
    }
    const { sinceMs, most } = this.#fewer ?? { sinceMs: nowMs, most: count };
    this.#fewer = { sinceMs, most: Math.max(most, count) };
    if (nowMs - sinceMs <= CLUSTER_LIMITS.leaseMs) return;
    this.#set(this.#fewer.most);
    this.#fewer = null;
  }

  #set(count: number): void {
    this.#count = count;
    this.#kept.write(count);
  }
}
