// Where the turns of each tenant go, as the main thread has said last; until the tenant is no more.

import { NotedCounts } from "../../sandbox/cell/noted-counts.ts";
import type { CellOrder } from "../shared/cell-messages.ts";

export type RouteOrder = Extract<CellOrder, { type: "route" | "refuse" }>;

export interface TenantWay {
  /** Null: nowhere. */
  readonly route: RouteOrder | null;
  /** It leaves the cell of its route: no turn begins, and no new lane goes there. */
  readonly isMoving: boolean;
  /** Its last turn there is over: what the cell says now the next one does not know. */
  readonly hasLeft: boolean;
}

const NOWHERE: TenantWay = { route: null, isMoving: false, hasLeft: false };

export class TenantWays {
  readonly #ways = new Map<string, TenantWay>();
  readonly #unwanted = new Map<string, NotedCounts>();

  /** Tenants of which something is known. */
  get size(): number {
    return this.#ways.size;
  }

  of(tenant: string): TenantWay {
    return this.#ways.get(tenant) ?? NOWHERE;
  }

  /** The cell of its route; null: it has none. */
  cellOf(tenant: string): number | null {
    const { route } = this.of(tenant);
    return route?.type === "route" ? route.cell : null;
  }

  /** What the cell of its route counts for it, and no lane waits for. */
  unwantedOf(tenant: string): NotedCounts {
    const known = this.#unwanted.get(tenant);
    if (known !== undefined) return known;
    const made = new NotedCounts();
    this.#unwanted.set(tenant, made);
    return made;
  }

  follow(route: RouteOrder): void {
    this.#unwanted.delete(route.tenant);
    this.#ways.set(route.tenant, { ...NOWHERE, route });
  }

  moves(tenant: string): void {
    this.#ways.set(tenant, { ...this.of(tenant), isMoving: true });
  }

  hasLeft(tenant: string): void {
    this.#ways.set(tenant, { ...this.of(tenant), hasLeft: true });
  }

  /** The cell is gone. Returns the tenants whose turns went there. */
  cellGone(cell: number): string[] {
    const tenants = [...this.#ways.keys()].filter((tenant) => this.cellOf(tenant) === cell);
    for (const tenant of tenants) this.#ways.set(tenant, { ...this.of(tenant), route: null });
    return tenants;
  }

  /** It is no more. */
  forget(tenant: string): void {
    this.#ways.delete(tenant);
    this.#unwanted.delete(tenant);
  }
}
