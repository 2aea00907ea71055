// Tenants whose isolates find no room in their cells: each request of theirs makes an isolate and
// gives another one up, and memory stays where it was.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CellStand, COUNTS } from "../life/cell-stand.ts";
import { RawClient } from "../life/raw-client.ts";
import { residentMiB } from "../support/resident.ts";

const TENANTS = 80;
const ROUNDS = 38;
/** Rounds after which everything has its size. */
const WARM = 8;
const GROWTH_MAX = 1.1;

test("3,000 evictions keep no memory", { timeout: 1_800_000 }, async (context) => {
  const names = Array.from({ length: TENANTS }, (_, at) => `t${at}`);
  await using stand = await CellStand.start({
    files: { "counts.ts": COUNTS },
    tenants: Object.fromEntries(names.map((name) => [name, { script: "counts.ts" }])),
    // of which a quarter is for isolates at rest: some 34 of the 40 tenants in each cell
    config: { cells: { memoryMiB: 288 }, log: { access: "off" } },
  });
  await using client = await RawClient.to(stand.proxy.port);
  const sizes: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    for (const name of names) {
      client.send(`GET / HTTP/1.1\r\nHost: ${name}.example\r\n\r\n`);
      assert.equal((await client.response()).body, `n=${round}`);
    }
    sizes.push(Math.round(residentMiB(stand.proxy.process.pid ?? 0)));
  }
  context.diagnostic(`MiB after each ${TENANTS}: ${sizes.join(" ")}`);
  const growth = Math.max(...sizes.slice(-WARM)) / Math.max(...sizes.slice(0, WARM));
  assert.ok(growth < GROWTH_MAX, `resident memory in MiB: ${sizes.join(", ")}`);
  assert.ok(!stand.proxy.lines.some(({ msg }) => msg === "a cell died"));
});
