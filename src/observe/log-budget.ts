// Bounds how much the scripts of one tenant may write into the log over time. A request has bounds
// of its own (logLines, logBytes), but a tenant with many requests could still fill a disk that
// all share. What exceeds the bound is dropped and counted, and the log says so.

import { LIMITS } from "../base/limits.ts";

/** What a line has beside its text: time, tenant, version, id, hook. */
const LINE_CHARS = 256;

/** A token bucket: so much a second, and at once what LIMITS.logBurstMs bring. */
export class LogBudget {
  #perMs = 0;
  #chars = 0;
  #atMs = 0;
  #dropped = 0;
  #toldMs = Number.NEGATIVE_INFINITY;

  /** @param perSecond characters, of this worker */
  allow(perSecond: number, nowMs: number): void {
    const isNew = this.#perMs === 0;
    this.#perMs = perSecond / 1_000;
    if (isNew) this.#chars = this.#charsMax;
    this.#atMs = Math.max(this.#atMs, nowMs);
  }

  /** False: the line is dropped. */
  take(chars: number, nowMs: number): boolean {
    const wanted = chars + LINE_CHARS;
    const elapsedMs = Math.max(0, nowMs - this.#atMs);
    this.#chars = Math.min(this.#charsMax, this.#chars + elapsedMs * this.#perMs);
    this.#atMs = nowMs;
    if (wanted <= this.#chars) {
      this.#chars -= wanted;
      return true;
    }
    this.#dropped += 1;
    return false;
  }

  /** How many lines were dropped since this was asked last; 0: none, or it was said just now. */
  toTell(nowMs: number): number {
    if (this.#dropped === 0 || nowMs - this.#toldMs < LIMITS.logDroppedMs) return 0;
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#toldMs = nowMs;
    return dropped;
  }

  get #charsMax(): number {
    return this.#perMs * LIMITS.logBurstMs;
  }
}

/** By tenant: a new version of its script goes on where the one before was. */
export class LogBudgets {
  readonly #byTenant = new Map<string, LogBudget>();

  of(tenant: string): LogBudget {
    const found = this.#byTenant.get(tenant);
    if (found !== undefined) return found;
    const [oldest] = this.#byTenant.keys();
    if (this.#byTenant.size >= LIMITS.metricSeries && oldest !== undefined) {
      this.#byTenant.delete(oldest);
    }
    const budget = new LogBudget();
    this.#byTenant.set(tenant, budget);
    return budget;
  }
}
