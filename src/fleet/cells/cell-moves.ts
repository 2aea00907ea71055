// Moves tenants into cells and out of them. Everything about one tenant runs under the mutex of
// its place, so tenants do not wait for each other.

import { Mutex } from "../../base/mutex.ts";
import type { LimitStart } from "../../sandbox/cell/control.ts";
import type { CellCounts } from "../../state/cell-counts.ts";
import type { CounterValue } from "../../state/counters.ts";
import { encodeLimitNews, type LimitNews } from "../../state/limit-notes.ts";
import type { LimitTables } from "../../state/limit-tables.ts";
import { REFUSALS } from "./cell-deaths.ts";
import type { CellStarter } from "./cell-starter.ts";
import type { Cell, CellUse, TenantPlace, TenantPlaces } from "./places.ts";
import type { SpareCell } from "./spare-cell.ts";
import type { TenantTrust } from "./tenant-trust.ts";

export interface CellMovesOptions {
  readonly places: TenantPlaces;
  readonly trust: TenantTrust;
  readonly counts: CellCounts;
  readonly limits: LimitTables;
  readonly starter: CellStarter;
  readonly spare: SpareCell;
}

export class CellMoves {
  readonly #options: CellMovesOptions;
  /** Which cell a tenant gets is decided for one after the other. */
  readonly #placing = new Mutex();
  #isEnding = false;

  constructor(options: CellMovesOptions) {
    this.#options = options;
  }

  end(): void {
    this.#isEnding = true;
  }

  /** Under the place's mutex: its requests get to its cell, which it gets if it has none. */
  async settle(place: TenantPlace): Promise<void> {
    const { starter, trust } = this.#options;
    const { tenant } = place;
    const { breaker } = trust.of(tenant);
    const isOut = breaker === "open" || breaker === "disabled";
    const cell = isOut ? null : await this.lodge(place);
    if (this.#isEnding) return;
    if (cell === null) {
      const failure = isOut ? REFUSALS[breaker] : REFUSALS.crowded;
      await starter.tell({ type: "refuse", tenant, failure });
      return;
    }
    const { blamed } = place;
    place.blamed = null;
    const keys = [...place.deployments.keys()];
    await starter.tell({ type: "route", tenant, cell: cell.process.id, keys, blamed });
  }

  /**
   * Under the place's mutex: its cell, which it gets if it has none, with all that runs for it; no
   * request gets there. Null: there is none for it.
   */
  async lodge(place: TenantPlace): Promise<Cell | null> {
    while (place.cell === null && !this.#isEnding) {
      const cell = await this.#placing.run(() => this.#cellFor(place));
      if (cell === null) return null;
      await this.#moveIn(place, cell);
    }
    return place.cell;
  }

  /** Also where a cell counts. False: there is no room for it. */
  async setCounter(counter: CounterValue): Promise<boolean> {
    const { places, counts } = this.#options;
    const { tenant, name } = counter;
    const place = places.get(tenant);
    if (place === undefined) return counts.set(counter);
    return await place.mutex.run(async () => {
      const { cell } = place;
      if (cell === null) return counts.set(counter);
      const delta = counts.shift(counter);
      if (delta === null) return false;
      cell.process.tell({ type: "counter", tenant, name, delta: String(delta) });
      return true;
    });
  }

  /** Also where a cell decides. False: there is no such limit. */
  async resetLimit(tenant: string, name: string, key: string | null): Promise<boolean> {
    const { places, limits } = this.#options;
    const table = limits.get(tenant);
    if (table === null) return false;
    const place = places.get(tenant);
    if (place === undefined) return table.reset(name, key);
    return await place.mutex.run(async () => {
      place.cell?.process.tell({ type: "limit reset", tenant, name, key });
      return table.reset(name, key);
    });
  }

  /** What requests of the process before this one hold, also where a cell decides. */
  tellHeldBefore(tenants: Iterable<string>): void {
    const { places, limits } = this.#options;
    for (const tenant of tenants) {
      const news = limits.heldBefore(tenant);
      if (news === null) continue;
      const notes = encodeLimitNews(news).toString("base64");
      // a tenant that comes to a cell brings what is held by then
      places.get(tenant)?.cell?.process.tell({ type: "limit holds", tenant, notes });
    }
  }

  /** Where a cell decides: what it may let through. What it does not hear it begins with. */
  hearLimits(tenant: string, news: LimitNews): void {
    const { places, limits } = this.#options;
    const notes = encodeLimitNews(news).toString("base64");
    const told = { type: "limit news", tenant, notes, terms: limits.terms } as const;
    places.get(tenant)?.cell?.process.tell(told);
  }

  /** What limits of all proxies go by has changed. */
  hearTerms(): void {
    for (const cell of this.#options.places.cells) {
      for (const { tenant } of cell.places) this.hearLimits(tenant, { evicted: 0, groups: [] });
    }
  }

  /** It has no cell afterwards if this one has died meanwhile. */
  async #moveIn(place: TenantPlace, cell: Cell): Promise<void> {
    const { tenant, deployments } = place;
    const counters = this.#options.counts.begin(tenant).map(({ name, value }) => {
      return { name, value: String(value) };
    });
    const limits = limitStart(this.#options.limits, tenant);
    cell.process.tell({ type: "tenant", name: tenant, counters, limits });
    try {
      await Promise.all([...deployments.values()].map((one) => cell.process.load(one, true)));
    } catch {
      // it is gone
    }
    if (!cell.process.isGone) return;
    cell.places.delete(place);
    place.cell = null;
  }

  /** Null: there is no room. The place is in the cell from then on. */
  async #cellFor(place: TenantPlace): Promise<Cell | null> {
    const found = this.#options.places.cellFor(place);
    if (found === null) return null;
    const cell = "process" in found ? found : await this.#newCell(found);
    if (cell === null) return null;
    cell.places.add(place);
    place.cell = cell;
    return cell;
  }

  async #newCell(use: CellUse): Promise<Cell | null> {
    const process = await this.#options.spare.take();
    if (process === null) return null;
    const cell: Cell = {
      process,
      use,
      places: new Set(),
      isLeaving: false,
      heaps: new Map(),
      growth: new Map(),
      startedMs: performance.now(),
    };
    this.#options.places.add(cell);
    return cell;
  }

  /** Under the place's mutex: out of its cell, which lives. */
  async moveOut(place: TenantPlace): Promise<void> {
    const { cell, tenant } = place;
    if (cell === null) return;
    await this.#options.starter.tell({ type: "freeze", tenant });
    cell.process.tell({ type: "leave", name: tenant });
    cell.places.delete(place);
    place.cell = null;
    endEmpty(cell);
  }

  /** They are no more, and nothing runs for them. */
  async forget(tenants: readonly string[]): Promise<void> {
    const { counts, starter } = this.#options;
    for (const tenant of tenants) counts.forget(tenant);
    if (tenants.length > 0) await starter.tell({ type: "forget", tenants });
  }

  /** Every tenant moves to another cell, and this one ends. */
  async leave(cell: Cell): Promise<void> {
    cell.isLeaving = true;
    const moves = [...cell.places].map((place) => this.move(place, cell));
    await Promise.all(moves);
    endEmpty(cell);
  }

  move(place: TenantPlace, from: Cell): Promise<void> {
    return place.mutex.run(async () => {
      if (place.cell !== from) return;
      await this.moveOut(place);
      await this.settle(place);
    });
  }
}

const limitStart = (limits: LimitTables, tenant: string): LimitStart => {
  const news = limits.get(tenant)?.news();
  const notes = news === undefined ? "" : encodeLimitNews(news).toString("base64");
  return { key: limits.keyOf(tenant), notes, terms: limits.terms };
};

/** A cell that nobody may come to, or that was for one tenant alone. */
function endEmpty(cell: Cell): void {
  if (cell.places.size > 0) return;
  if (cell.isLeaving || cell.use?.tenant !== null) {
    cell.isLeaving = true;
    cell.process.kill();
  }
}
