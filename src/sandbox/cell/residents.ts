// The isolates of a cell: made when they are needed, given up when they have been idle for long or
// when there are too many. One takes some 1.3 MB and 5 ms.

import type { ScriptIsolate } from "../engine.ts";
import type { Resident } from "./resident.ts";

/** Isolates that are kept though nobody uses them: with 1.3 MB each, half a gigabyte. */
const KEPT_MAX = 400;
/** How long one is kept. */
const IDLE_MS = 60_000;

export class Residents {
  /** By worker and lane. The order is that of their last use. */
  readonly #all = new Map<string, Resident>();

  get(worker: number, lane: number): Resident | undefined {
    const name = nameOf(worker, lane);
    const resident = this.#all.get(name);
    if (resident === undefined) return undefined;
    this.#all.delete(name);
    this.#all.set(name, resident);
    resident.lastUsedMs = performance.now();
    return resident;
  }

  add(worker: number, lane: number, resident: Resident): void {
    resident.lastUsedMs = performance.now();
    this.#all.set(nameOf(worker, lane), resident);
    if (this.#all.size > KEPT_MAX) this.#giveUp((one) => one.isIdle && one !== resident, 1);
  }

  /** The isolate of a lane is of no more use. */
  drop(worker: number, lane: number): void {
    const name = nameOf(worker, lane);
    this.#all.get(name)?.isolate.dispose();
    this.#all.delete(name);
  }

  dropKey(key: number): void {
    this.#giveUp((resident) => resident.key === key);
  }

  dropWorker(worker: number): void {
    const prefix = nameOf(worker, "");
    for (const [name, { isolate }] of this.#all) {
      if (!name.startsWith(prefix)) continue;
      isolate.dispose();
      this.#all.delete(name);
    }
  }

  /** To be called regularly. */
  sweep(): void {
    const sinceMs = performance.now() - IDLE_MS;
    this.#giveUp((resident) => resident.isIdle && resident.lastUsedMs < sinceMs);
  }

  *[Symbol.iterator](): Generator<{ key: number; isolate: ScriptIsolate }> {
    yield* this.#all.values();
  }

  #giveUp(fits: (resident: Resident) => boolean, countMax = Number.POSITIVE_INFINITY): void {
    let count = 0;
    for (const [name, resident] of this.#all) {
      if (count >= countMax) return;
      if (!fits(resident)) continue;
      resident.isolate.dispose();
      this.#all.delete(name);
      count++;
    }
  }
}

const nameOf = (worker: number, lane: number | string): string => `${worker}:${lane}`;
