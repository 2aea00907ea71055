// A tenant that keeps memory and awaits, while another one runs: the cell that they share dies, and
// the hoarder gets one of its own. The runner is asked for more time, and for nothing else.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { CellStand, COUNTS } from "../life/cell-stand.ts";

/** A cell tells once a second what its tenants have. */
const REPORT_MS = 1_100;

const HOARDS = `import { definePhases } from "sluice";
const hoard = [];
export default definePhases({
  async requestFilter({ request }) {
    if (request.target === "/hold") await new Promise((resolve) => setTimeout(resolve, 600_000));
    if (request.target === "/grow") hoard.push(new Array(1_250_000).fill(Math.random()));
    return new Response("answered");
  },
});`;

test("an idle hoarder is moved when its cell outgrows its memory, and the runners stay", {
  timeout: 300_000,
}, async () => {
  await using stand = await CellStand.start({
    files: { "one.ts": COUNTS, "two.ts": COUNTS, "hoarder.ts": HOARDS },
    tenants: {
      hoarder: { limits: { memoryMiB: 1_024, hookMs: 5_000, hookWallMs: 1_000_000 } },
      one: {},
      two: {},
    },
    config: { cells: { memoryMiB: 256 } },
  });
  // there are two cells for the three of them, so one of these is with the hoarder
  const loads = [stand.load("one"), stand.load("two")];
  for (const load of loads) await load.more(50);
  // it awaits something, so its isolate is not given up
  const held = stand.ask("hoarder", "/hold").catch(() => null);
  const death = stand.death();
  let isDead = false;
  void death.then(() => {
    isDead = true;
  });
  while (!isDead) {
    assert.equal((await stand.ask("hoarder", "/grow")).status, 200);
    await pause(REPORT_MS);
  }
  const { sentence, tenant } = await death;
  assert.deepEqual({ sentence, tenant }, { sentence: "memory", tenant: "hoarder" });
  for (const load of loads) await load.more(200);
  assert.equal((await stand.ask("hoarder", "/")).body, "answered");
  for (const load of loads) await load.stop();
  for (const load of loads) await stand.assertCounted(load);
  const others = stand.proxy.lines.filter(({ msg, tenant }) => {
    return msg === "a cell died" && tenant !== "hoarder";
  });
  assert.deepEqual(others, []);
  await stand.proxy.stop();
  await held;
});
