// Tenants that are no more are forgotten, and every worker is told so, once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { limitsOf } from "../../../src/base/config/tenant-limits.ts";
import { CellMoves } from "../../../src/fleet/cells/cell-moves.ts";
import { CellStarter } from "../../../src/fleet/cells/cell-starter.ts";
import { TenantPlaces } from "../../../src/fleet/cells/places.ts";
import { SpareCell } from "../../../src/fleet/cells/spare-cell.ts";
import { TenantTrust } from "../../../src/fleet/cells/tenant-trust.ts";
import type { CellOrder } from "../../../src/fleet/shared/cell-messages.ts";
import { createLogger } from "../../../src/observe/log.ts";
import { CellCounts } from "../../../src/state/cell-counts.ts";
import { createCounterBuffers } from "../../../src/state/counter-memory.ts";
import { LimitTables } from "../../../src/state/limit-tables.ts";

const logger = createLogger({ level: "error", format: "json", fields: {} }, { write: () => {} });

test("a tenant for whom something is still being done is not forgotten until that is over", async () => {
  const places = new TenantPlaces(new TenantTrust(() => {}));
  const place = places.of("given up", "default");
  const cell = Promise.withResolvers<void>();
  const trial = place.mutex.run(() => cell.promise);
  assert.deepEqual(places.forget([]), []);
  // who is deployed again gets no second place beside it
  assert.equal(places.of("given up", "default"), place);
  cell.reject(new Error("it did not start"));
  await assert.rejects(trial, { message: "it did not start" });
  assert.deepEqual(places.forget([]), ["given up"]);
});

test("who is in no generation, and has nothing that runs, is forgotten by all workers", async () => {
  const told: CellOrder[] = [];
  const obey = async (order: CellOrder) => {
    told.push(order);
    return null;
  };
  const starter = new CellStarter({
    runtime: { kernel: "", extras: [] },
    cells: { sandbox: "auto", memoryMiB: 512 },
    logger,
    workers: () => [{ index: 1, obey }],
    onReport: () => {},
    onEnd: () => {},
  });
  const trust = new TenantTrust(() => {});
  const places = new TenantPlaces(trust);
  const spare = new SpareCell({ start: starter.start, onFailure: () => {} });
  const counts = new CellCounts(createCounterBuffers());
  const moves = new CellMoves({ places, trust, counts, limits: new LimitTables(), starter, spare });
  for (let i = 0; i < 100; i++) places.of(`gone-${i}`, "default");
  places.of("busy", "default").deployments.set(1, {
    ...{ key: 1, tenant: "busy", script: { code: "" }, env: {} },
    ...{ limits: limitsOf({}, {}), hookMs: 50, memoryMiB: 64, startupMs: 1_000 },
  });
  const gone = places.forget([]);
  assert.equal(gone.length, 100);
  await moves.forget(gone);
  assert.deepEqual(told, [{ type: "forget", tenants: gone }]);
  await moves.forget(places.forget([]));
  assert.equal(told.length, 1);
  assert.deepEqual(
    [...places.all()].map(({ tenant }) => tenant),
    ["busy"],
  );
});
