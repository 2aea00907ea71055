// How far each tenant of cells is trusted: whether it must have a cell of its own, and in which
// state the circuit breaker of its processes is (base/breaker.ts).
//
// When a shared cell dies while a tenant's code runs, the tenant gets a cell of its own; that it
// ran does not prove its guilt. Only deaths in its own cell are strikes. Too many strikes in a
// minute trip the breaker, and the tenant's requests are refused for a while. Half-open, it runs
// in a cell of its own. After a long time without a death it shares a cell again, and its breaker
// closes.
//
// If the tenant deploys another script than the one that died, the breaker is half-open before its
// time. Until that time one strike trips it, so whoever deploys killers in a loop has one death
// each.

import { Breaker, type BreakerState } from "../../base/breaker.ts";
import type { TenantProcesses } from "../../control/live.ts";

interface Record {
  readonly breaker: Breaker;
  /** When they were, within the window. */
  strikes: number[];
  /** Of the last death, or of when it was let back in. */
  sinceMs: number;
}

/**
 * A call that kills costs two or three deaths: one with its neighbours, one or two alone. A minute
 * of a request a second that kills is borne, so that a tenant's other requests are.
 */
const STRIKES_MAX = 120;
const STRIKES_WINDOW_MS = 60_000;
const TIMING = { openMs: 15_000, backoffMax: 32, openingsMax: 6 } as const;
const QUIET_MS = 600_000;

export class TenantTrust {
  /** Of every tenant that must be alone. */
  readonly #records = new Map<string, Record>();
  readonly #changed: (tenant: string, state: BreakerState) => void;
  readonly #nowMs: () => number;

  /** @param changed  told of each new state of a tenant's breaker */
  constructor(
    changed: (tenant: string, state: BreakerState) => void,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#changed = changed;
    this.#nowMs = nowMs;
  }

  of(tenant: string): TenantProcesses {
    const record = this.#records.get(tenant);
    return { breaker: record?.breaker.state ?? "closed", isAlone: record !== undefined };
  }

  isOut(tenant: string): boolean {
    return this.#records.get(tenant)?.breaker.isOut === true;
  }

  /** Tenants whose requests are refused. */
  out(): string[] {
    return [...this.#records].filter(([, { breaker }]) => breaker.isOut).map(([name]) => name);
  }

  /** The tenant is gone. */
  forget(tenant: string): void {
    this.#records.delete(tenant);
  }

  /** A cell died of the tenant's code, as it seems. `wasAlone`: it was the tenant's own. */
  died(tenant: string, wasAlone: boolean): void {
    const nowMs = this.#nowMs();
    const record = this.#recordOf(tenant);
    record.sinceMs = nowMs;
    if (!wasAlone || record.breaker.isOut) return;
    record.strikes = record.strikes.filter((atMs) => nowMs - atMs < STRIKES_WINDOW_MS);
    record.strikes.push(nowMs);
    const most = record.breaker.isEarly(nowMs) ? 1 : STRIKES_MAX;
    if (record.strikes.length < most) return;
    record.strikes = [];
    record.breaker.trip(nowMs);
  }

  /** Back into service, alone at first. False: it was not out of it. */
  enable(tenant: string): boolean {
    const record = this.#records.get(tenant);
    if (record === undefined) return false;
    record.strikes = [];
    record.sinceMs = this.#nowMs();
    return record.breaker.enable();
  }

  /** Other scripts run for the tenant from now on: on sterner terms, it is in service. */
  tryOther(tenant: string): void {
    const record = this.#records.get(tenant);
    if (record?.breaker.isOut !== true) return;
    record.strikes = [];
    record.sinceMs = this.#nowMs();
    record.breaker.tryEarly();
  }

  /** Of tenants that are gone nothing is known: one of such a name that comes is another one. */
  keep(tenants: ReadonlySet<string>): void {
    for (const tenant of this.#records.keys()) {
      if (!tenants.has(tenant)) this.#records.delete(tenant);
    }
  }

  /** Tenants whose time has come: half-open, or back among others. To be called often. */
  sweep(): string[] {
    const nowMs = this.#nowMs();
    const changed: string[] = [];
    for (const [tenant, record] of this.#records) {
      if (record.breaker.look(nowMs)) {
        record.sinceMs = nowMs;
        changed.push(tenant);
      } else if (!record.breaker.isOut && nowMs - record.sinceMs >= QUIET_MS) {
        this.#records.delete(tenant);
        record.breaker.close();
        changed.push(tenant);
      }
    }
    return changed;
  }

  #recordOf(tenant: string): Record {
    const known = this.#records.get(tenant);
    if (known !== undefined) return known;
    const breaker = new Breaker(TIMING, (state) => this.#changed(tenant, state));
    const made: Record = { breaker, strikes: [], sinceMs: 0 };
    this.#records.set(tenant, made);
    return made;
  }
}
