// How many proxies share a limit: more at once, as each of them may let something through; fewer
// only after a while, when what those that are gone had let through has been told. It is kept on
// the disk for a start without the engine.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CLUSTER_LIMITS } from "../../base/cluster-limits.ts";

const NAME = "node-count";

export class NodeCount {
  readonly #path: string;
  #count: number;
  /** Since when there have been fewer, and how many at most; null: there are not. */
  #fewer: { readonly sinceMs: number; readonly most: number } | null = null;

  /** @param folder  of this proxy's copy */
  constructor(folder: string) {
    this.#path = join(folder, NAME);
    this.#count = read(this.#path);
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
    try {
      writeFileSync(this.#path, `${count}\n`, { mode: 0o600 });
    } catch {
      // a full disk: it is known until the end of the process
    }
  }
}

function read(path: string): number {
  try {
    const count = Number.parseInt(readFileSync(path, "utf8"), 10);
    return count >= 1 && count <= CLUSTER_LIMITS.nodes ? count : 1;
  } catch {
    return 1;
  }
}
