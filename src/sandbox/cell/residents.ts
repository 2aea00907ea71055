// The isolates of a cell. They are made when they are needed, and given up when they have been
// idle for long or when all of them together take too much memory. One of a small script takes
// some 2 MB and 5 ms.

import type { Garbage } from "./garbage.ts";
import type { Resident } from "./resident.ts";

/** How long one is kept that nobody uses. */
export const IDLE_MS = 60_000;

export class Residents {
  /** By worker and lane. The order is that of their last use. */
  readonly #all = new Map<string, Resident>();
  /** The last of them: one that is used again need not be moved. */
  #latest: Resident | null = null;
  readonly #keptBytes: number;
  readonly #garbage: Garbage;

  /** @param keptBytes  what isolates may hold together, those in use aside */
  constructor(keptBytes: number, garbage: Garbage) {
    this.#keptBytes = keptBytes;
    this.#garbage = garbage;
  }

  get(worker: number, lane: number): Resident | undefined {
    const name = nameOf(worker, lane);
    const resident = this.#all.get(name);
    if (resident === undefined) return undefined;
    if (resident !== this.#latest) {
      this.#all.delete(name);
      this.#all.set(name, resident);
      this.#latest = resident;
    }
    resident.lastUsedMs = performance.now();
    return resident;
  }

  add(worker: number, lane: number, resident: Resident): void {
    resident.lastUsedMs = performance.now();
    this.#all.set(nameOf(worker, lane), resident);
    this.#latest = resident;
    this.#shrink(resident);
  }

  /** The isolate of a lane is of no more use. */
  drop(worker: number, lane: number): void {
    const name = nameOf(worker, lane);
    const resident = this.#all.get(name);
    if (resident !== undefined) this.#dispose(name, resident);
  }

  dropKey(key: number): void {
    this.#giveUp((resident) => resident.key === key);
  }

  dropWorker(worker: number): void {
    const prefix = nameOf(worker, "");
    for (const [name, resident] of this.#all) {
      if (name.startsWith(prefix)) this.#dispose(name, resident);
    }
  }

  /** Measures all of them. To be called regularly. */
  sweep(): void {
    const sinceMs = performance.now() - IDLE_MS;
    this.#giveUp((resident) => resident.isIdle && resident.lastUsedMs < sinceMs);
    for (const resident of this.#all.values()) resident.measure();
    this.#shrink(null);
    this.#garbage.sweep();
  }

  [Symbol.iterator](): Iterator<Resident> {
    return this.#all.values();
  }

  /** Those go that have been idle for longest, until the others fit. */
  #shrink(spared: Resident | null): void {
    let heldBytes = 0;
    for (const { size } of this.#all.values()) heldBytes += size.heldBytes;
    this.#giveUp((resident) => {
      if (heldBytes <= this.#keptBytes || !resident.isIdle || resident === spared) return false;
      heldBytes -= resident.size.heldBytes;
      return true;
    });
  }

  #giveUp(fits: (resident: Resident) => boolean): void {
    for (const [name, resident] of this.#all) {
      if (fits(resident)) this.#dispose(name, resident);
    }
  }

  #dispose(name: string, { isolate }: Resident): void {
    isolate.dispose();
    this.#all.delete(name);
    this.#latest = null;
    this.#garbage.add();
  }
}

const nameOf = (worker: number, lane: number | string): string => `${worker}:${lane}`;
