// Cells that die for no reason of any script's: nobody outside notices more than a delay, and no
// number of a counter is given twice.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CellStand, COUNTS } from "./cell-stand.ts";

const KILLS = 6;

test("cells killed again and again under load fail no request and repeat no count", async () => {
  await using stand = await CellStand.start({
    files: { "one.ts": COUNTS, "two.ts": COUNTS },
    tenants: { one: {}, two: {} },
    config: { workers: 2 },
  });
  const loads = [stand.load("one"), stand.load("two")];
  for (let kill = 0; kill < KILLS; kill++) {
    await Promise.all(loads.map((load) => load.more(25)));
    await stand.signalCells("SIGKILL");
  }
  await Promise.all(loads.map((load) => load.more(25)));
  for (const load of loads) await load.stop();
  for (const load of loads) await stand.assertCounted(load);
  // nobody was blamed for what somebody else did
  const deaths = stand.proxy.lines.filter(({ msg }) => msg === "a cell died");
  assert.ok(deaths.length > 0);
  assert.deepEqual([...new Set(deaths.map(({ tenant }) => tenant))], [null]);
});

test("a cell that somebody stops is replaced, and its requests are answered", async () => {
  await using stand = await CellStand.start({
    files: { "one.ts": COUNTS },
    tenants: { one: {} },
  });
  const load = stand.load("one", 2);
  await load.more(10);
  await stand.signalCells("SIGSTOP");
  const death = await stand.death();
  assert.equal(death.sentence, "stopped");
  await load.more(10);
  await load.stop();
  assert.deepEqual(load.failures, []);
  assert.deepEqual(load.repeated, []);
});

test("a hook that awaits when its cell dies begins again, once, with the ctx it had", async () => {
  await using stand = await CellStand.start({
    files: {
      "slow.ts": `import { counter, definePhases } from "sluice";
        const starts = counter("starts");
        export default definePhases({
          newCtx: () => ({ marks: ["made"] }),
          earlyRequestFilter(session, ctx) { ctx.marks.push("early"); },
          async upstreamPeer(session, ctx) {
            ctx.marks.push("start " + starts.incr());
            if (starts.get() <= Number(session.request.headers.get("lives") ?? 1)) {
              await new Promise((resolve) => setTimeout(resolve, 600_000));
            }
            return "none";
          },
          failToConnect() {},
          failToProxy(session, ctx) { return new Response(ctx.marks.join(), { status: 200 }); },
        });`,
    },
    tenants: { slow: { limits: { hookWallMs: 1_000_000 } } },
  });
  const starts = async (count: number): Promise<void> => {
    const line = new RegExp(`sluice_script_value\\{.*name="starts".*\\} ${count}\n`);
    while (!line.test(await stand.proxy.metrics())) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const answer = stand.ask("slow");
  await starts(1);
  await stand.signalCells("SIGKILL");
  const { body } = await answer;
  assert.equal(body, "made,early,start 2");
});

test("a hook that awaits when its cell dies for the second time fails with cell_lost", async () => {
  await using stand = await CellStand.start({
    files: {
      "slow.ts": `import { counter, definePhases } from "sluice";
        const starts = counter("starts");
        export default definePhases({
          async requestFilter() {
            starts.incr();
            await new Promise((resolve) => setTimeout(resolve, 600_000));
          },
        });`,
    },
    tenants: { slow: { limits: { hookWallMs: 1_000_000 } } },
  });
  const answer = stand.ask("slow");
  for (const count of [1, 2]) {
    const line = new RegExp(`sluice_script_value\\{.*name="starts".*\\} ${count}\n`);
    while (!line.test(await stand.proxy.metrics())) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await stand.signalCells("SIGKILL");
  }
  const { status, body } = await answer;
  assert.equal(status, 500);
  assert.match(body, /"code":"cell_lost"/);
});

test("a hook whose isolate another hook's overrun ends again and again is script_lost: its cell lives", async () => {
  await using stand = await CellStand.start({
    files: {
      "slow.ts": `import { counter, definePhases } from "sluice";
        const starts = counter("starts");
        export default definePhases({
          async requestFilter({ request }) {
            if (request.target === "/loop") for (;;);
            starts.incr();
            await new Promise((resolve) => setTimeout(resolve, 600_000));
          },
        });`,
    },
    tenants: { slow: { limits: { hookWallMs: 1_000_000 } } },
  });
  let isOver = false;
  const answer = stand.ask("slow").finally(() => {
    isOver = true;
  });
  while (!/sluice_script_value\{.*name="starts".*\} 1\n/.test(await stand.proxy.metrics())) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  while (!isOver) assert.match((await stand.ask("slow", "/loop")).body, /script_timeout/);
  assert.match((await answer).body, /"code":"script_lost"/);
  const deaths = stand.proxy.lines.filter(({ msg }) => msg === "a cell died");
  assert.deepEqual(deaths, []);
});
