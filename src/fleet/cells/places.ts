// Which tenant is in which cell. A tenant is in one cell at a time. It shares the cell only with
// tenants of its isolation group, and with nobody if it must be alone.

import { LIMITS } from "../../base/limits.ts";
import { Mutex } from "../../base/mutex.ts";
import type { CellDeployment } from "../../sandbox/cell/control.ts";
import type { Blamed } from "../shared/cell-messages.ts";
import type { Generation } from "../shared/messages.ts";
import type { CellProcess } from "./cell-process.ts";
import type { TenantTrust } from "./tenant-trust.ts";

/** A cell, and who is in it. */
export interface Cell {
  readonly process: CellProcess;
  /** Null: nobody's yet, a spare. */
  use: CellUse | null;
  readonly places: Set<TenantPlace>;
  /** It takes no tenant any more. */
  isLeaving: boolean;
  /** What each tenant's heap had at the last two reports, in bytes. */
  heaps: ReadonlyMap<string, number>;
  growth: ReadonlyMap<string, number>;
  readonly startedMs: number;
}

export interface CellUse {
  readonly group: string;
  /** The one tenant that it is for; null: it is shared. */
  readonly tenant: string | null;
}

/** A tenant with all that runs for it. */
export interface TenantPlace {
  readonly tenant: string;
  group: string;
  readonly deployments: Map<number, CellDeployment>;
  /** Null: it is between two cells, or out of service. */
  cell: Cell | null;
  /** Told to the workers with the next cell. */
  blamed: Blamed | null;
  /** What happens to it, one after the other. */
  readonly mutex: Mutex;
}

export class TenantPlaces {
  readonly #places = new Map<string, TenantPlace>();
  readonly #cells = new Set<Cell>();
  readonly #trust: TenantTrust;

  constructor(trust: TenantTrust) {
    this.#trust = trust;
  }

  get cells(): ReadonlySet<Cell> {
    return this.#cells;
  }

  /** Made if it is new. */
  of(tenant: string, group: string): TenantPlace {
    const known = this.#places.get(tenant);
    if (known !== undefined) return known;
    const place: TenantPlace = {
      tenant,
      group,
      deployments: new Map(),
      cell: null,
      blamed: null,
      mutex: new Mutex(),
    };
    this.#places.set(tenant, place);
    return place;
  }

  get(tenant: string): TenantPlace | undefined {
    return this.#places.get(tenant);
  }

  /**
   * Tenants who are in no generation, and of whom nothing runs any more: returns them. Where a
   * script that was given up still gets its cell, one more place would be a second cell.
   */
  forget(generations: readonly Pick<Generation, "tenants">[]): string[] {
    const gone: string[] = [];
    const known = new Set(generations.flatMap(({ tenants }) => tenants.map(({ id }) => id)));
    for (const [tenant, { deployments, cell, mutex }] of this.#places) {
      if (known.has(tenant) || deployments.size > 0 || cell !== null || mutex.isBusy) continue;
      this.#places.delete(tenant);
      this.#trust.forget(tenant);
      gone.push(tenant);
    }
    return gone;
  }

  all(): Iterable<TenantPlace> {
    return this.#places.values();
  }

  add(cell: Cell): void {
    this.#cells.add(cell);
  }

  delete(cell: Cell): void {
    this.#cells.delete(cell);
  }

  /** A cell for the tenant that is there; null: it needs one more, used like that. */
  cellFor(place: TenantPlace): Cell | CellUse | null {
    const { tenant, group } = place;
    const open = [...this.#cells].filter((cell) => !cell.isLeaving && !cell.process.isGone);
    if (this.#trust.of(tenant).isAlone) {
      const own = open.find(({ use }) => use?.tenant === tenant);
      if (own !== undefined) return own;
      const alone = open.filter(({ use }) => typeof use?.tenant === "string");
      return alone.length < LIMITS.cellsAlone ? { group, tenant } : null;
    }
    const shared = open.filter(({ use }) => use?.tenant === null && use.group === group);
    const [least] = shared.sort((one, two) => one.places.size - two.places.size);
    if (least === undefined) return { group, tenant: null };
    const isRoom = least.places.size === 0 || shared.length === LIMITS.cellsPerGroup;
    return isRoom ? least : { group, tenant: null };
  }
}
