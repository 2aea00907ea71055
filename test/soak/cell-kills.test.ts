// A cell that is killed every second, for half a minute, under load: requests take longer, and that
// is all.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { CellStand, COUNTS } from "../life/cell-stand.ts";
import type { CountedLoad } from "../life/counted-load.ts";

const KILLS = 30;
const EVERY_MS = 1_000;
/** Of a kill in three seconds at the least the death is told: others meet a cell that starts. */
const TOLD_MIN = 10;

/** One after the other, or all of them, spare ones too. */
const WHOM = {
  "one cell": (pids: readonly number[], kill: number) => pids.slice(kill % pids.length).slice(0, 1),
  "every cell": (pids: readonly number[]) => pids,
} as const;

for (const [whom, choose] of Object.entries(WHOM)) {
  test(`${whom} killed every second for 30 s under load: no request fails, no count is lost`, {
    timeout: 300_000,
  }, async (context) => {
    await using stand = await CellStand.start({
      files: { "one.ts": COUNTS, "two.ts": COUNTS, "three.ts": COUNTS },
      tenants: { one: {}, two: {}, three: {} },
      config: { workers: 2, log: { level: "debug", access: "off" } },
    });
    const loads = ["one", "two", "three"].map((tenant) => stand.load(tenant));
    await Promise.all(loads.map((load) => load.more(25)));
    for (let kill = 0; kill < KILLS; kill++) {
      await stand.signalCells("SIGKILL", (pids) => choose(pids, kill));
      await pause(EVERY_MS);
    }
    await Promise.all(loads.map((load) => load.more(25)));
    for (const load of loads) await load.stop();
    context.diagnostic(figures(loads));
    const ended = stand.proxy.lines.filter(({ msg }) => msg?.startsWith("isolate replaced"));
    context.diagnostic(`hooks that were ended for their time: ${ended.length}`);
    for (const load of loads) await stand.assertCounted(load);
    const deaths = stand.proxy.lines.filter(({ msg }) => msg === "a cell died");
    assert.ok(deaths.length >= TOLD_MIN, `${deaths.length} deaths`);
    assert.deepEqual([...new Set(deaths.map(({ tenant }) => tenant))], [null]);
  });
}

function figures(loads: readonly CountedLoad[]): string {
  const tookMs = loads.flatMap((load) => load.tookMs).sort((one, two) => one - two);
  const at = (share: number): string =>
    (tookMs[Math.ceil(tookMs.length * share) - 1] ?? 0).toFixed(1);
  return `${tookMs.length} requests, ms: median ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}`;
}
