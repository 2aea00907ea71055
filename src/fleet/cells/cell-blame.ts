// Decides which tenant a cell's death is put down to, and what follows for that tenant. A tenant
// whose code ran is not guilty for that alone: where memory ran out, the tenant whose heap grew
// most is blamed.

import { nameOfIdentity } from "../../base/identity.ts";
import { type CellEnd, failureOf, isRunning } from "./cell-deaths.ts";
import type { CellEntries } from "./cell-entries.ts";
import { hoarderOf, largest } from "./cell-health.ts";
import type { Cell, TenantPlaces } from "./places.ts";
import type { TenantTrust } from "./tenant-trust.ts";

export interface CellBlameOptions {
  readonly places: TenantPlaces;
  readonly trust: TenantTrust;
  readonly entries: CellEntries;
}

export class CellBlame {
  readonly #options: CellBlameOptions;

  constructor(options: CellBlameOptions) {
    this.#options = options;
  }

  /**
   * The name of the tenant. Null: the end of this cell was nobody's doing, and all of them go on as
   * they are.
   */
  of(cell: Cell, end: CellEnd): string | null {
    const { entries, places } = this.#options;
    const flight = cell.process.flight();
    const running = isRunning(flight) ? entries.get(flight.key) : undefined;
    const runner = running?.deployment.tenant ?? null;
    const hoarder = end.sentence === "memory" ? hoarderOrIdle(cell, runner) : null;
    if (hoarder !== null && hoarder !== runner) return this.#suspect(cell, hoarder);
    if (running === undefined || runner === null) return null;
    const failure = failureOf(end, running);
    if (failure === null) return null;
    const place = places.get(runner);
    const { worker, lane, turn } = flight;
    if (place !== undefined) place.blamed = { worker, lane, turn, failure };
    return this.#suspect(cell, runner);
  }

  #suspect(cell: Cell, tenant: string): string {
    this.#options.trust.died(tenant, cell.use?.tenant === tenant);
    return nameOfIdentity(tenant);
  }
}

/** Where nobody runs, somebody has it nonetheless. */
function hoarderOrIdle(cell: Cell, runner: string | null): string | null {
  const hoarder = hoarderOf(cell.heaps, cell.process.memoryBytes);
  return hoarder ?? (runner === null ? largest(cell) : null);
}
