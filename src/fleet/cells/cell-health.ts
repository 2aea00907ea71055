// What a cell reports of itself once a second: how much memory each of its tenants has, and
// whether the cell has run for long enough to be replaced.

import { nameOfIdentity } from "../../base/identity.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Metrics } from "../../observe/metrics.ts";
import type { CellReport } from "./cell-words.ts";
import type { Cell } from "./places.ts";

export function noteReport(cell: Cell, { heapBytes }: CellReport): void {
  const growth = new Map<string, number>();
  for (const [tenant, bytes] of heapBytes)
    growth.set(tenant, bytes - (cell.heaps.get(tenant) ?? 0));
  cell.growth = growth;
  cell.heaps = heapBytes;
}

/** What isolates have is what their cells told last, about a second ago. */
export function setCellFigures(metrics: Metrics, cells: ReadonlySet<Cell>): void {
  metrics.gauge("sluice_cells").set(cells.size);
  metrics.clear("sluice_tenant_heap_bytes");
  for (const { heaps } of cells) {
    for (const [tenant, bytes] of heaps) {
      metrics.gauge("sluice_tenant_heap_bytes", nameOfIdentity(tenant)).add(bytes);
    }
  }
}

/** Of Node itself in a cell, with what comes and goes. */
const OWN_BYTES = 167_772_160;

/**
 * Whose heaps filled a cell that has outgrown its memory: running is not yet guilty. Null: most of
 * the memory is in no heap that was reported, so it came since then, or from outside of heaps.
 */
export function hoarderOf(heaps: Cell["heaps"], memoryBytes: number): string | null {
  let reportedBytes = 0;
  for (const bytes of heaps.values()) reportedBytes += bytes;
  return reportedBytes < (memoryBytes - OWN_BYTES) / 2 ? null : maximum(heaps, 0);
}

/** Whose heap grew most, else has most; null: nobody's is known. */
export function largest({ growth, heaps }: Cell): string | null {
  return maximum(growth, MIN_GROWTH_BYTES) ?? maximum(heaps, 0);
}

/** An isolate's ordinary breath between two collections. */
const MIN_GROWTH_BYTES = 4_194_304;

function maximum(sizes: ReadonlyMap<string, number>, least: number): string | null {
  let most = least;
  let name: string | null = null;
  for (const [tenant, bytes] of sizes) {
    if (bytes <= most) continue;
    most = bytes;
    name = tenant;
  }
  return name;
}

export const isWornOut = (cell: Cell, { turns }: CellReport): boolean =>
  turns > LIMITS.cellTurns || performance.now() - cell.startedMs > LIMITS.cellAgeMs;
