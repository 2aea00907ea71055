// Two hundred tenants whose hooks burn as much as they get, in two cells, and an honest one among
// them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CellStand, COUNTS } from "../life/cell-stand.ts";
import { SteadyLoad } from "../life/steady-load.ts";

const BURNER = `import { definePhases } from "sluice";
export default definePhases({
  requestFilter() {
    for (let i = 0; i < 1e6; i++) Math.imul(i, i);
    return new Response("burnt");
  },
});`;

const BURNERS = 200;
const ANSWERS = 500;
const TIMEOUT_MS = 600_000;
const TICK_MS = 10;

test("an honest tenant is served among 200 that burn all they get", {
  timeout: TIMEOUT_MS,
}, async (context) => {
  const names = Array.from({ length: BURNERS }, (_, index) => `burner${index}`);
  const limits = { hookMs: 1_000, turnWaitMs: 3_600_000 };
  await using stand = await CellStand.start({
    files: { "burner.ts": BURNER, "honest.ts": COUNTS },
    tenants: {
      ...Object.fromEntries(
        names.map((name) => [name, { script: "burner.ts", limits: { ...limits } }]),
      ),
      honest: {},
    },
    config: { log: { level: "info", access: "off" } },
  });
  const { port } = stand.proxy;
  const burners = names.map((name) => new SteadyLoad(port, 1, { host: `${name}.example` }));
  await Promise.all(burners.map((load) => load.more(1)));
  const cells = await stand.cells();
  const [startMs, startUsedMs] = [performance.now(), usedMs(cells)];
  const burntBefore = sumOf(burners);
  const honest = stand.load("honest", 2);
  await honest.more(ANSWERS);
  const tookMs = performance.now() - startMs;
  const share = (usedMs(cells) - startUsedMs) / tookMs;
  const burnt = sumOf(burners) - burntBefore;
  await Promise.all([honest, ...burners].map((load) => load.stop()));
  context.diagnostic(`${honest.answered} answers in ${Math.round(tookMs)} ms, ${burnt} of burners`);
  context.diagnostic(
    `the slowest ${Math.round(honest.longestMs)} ms; half within ${honest.withinMs()}, 99 % within ${honest.withinMs(0.99)} ms`,
  );
  context.diagnostic(`${cells.length} cells had ${share.toFixed(2)} processors`);
  const failures = [honest, ...burners].flatMap((load) => load.failures);
  assert.deepEqual(failures, []);
  // in the order in which turns come, two of its answers would cost one of each of the 200
  assert.ok(burnt < 50 * ANSWERS, `${burnt} hooks burnt while ${ANSWERS} honest ones answered`);
});

const sumOf = (loads: readonly SteadyLoad[]): number =>
  loads.reduce((sum, { answered }) => sum + answered, 0);

/** Processor time of these processes so far. */
function usedMs(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [user = 0, system = 0] = stat
      .slice(stat.lastIndexOf(")"))
      .split(" ")
      .slice(12, 14)
      .map(Number);
    return user + system;
  });
  return ticks.reduce((sum, one) => sum + one, 0) * TICK_MS;
}
