// Tenants whose scripts run in cells, processes of their own: the same answers as inline, and what
// a script does to its process is nobody's harm but its own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CellStand, COUNTS } from "./cell-stand.ts";

const HOSTILE = `import { definePhases } from "sluice";
export default definePhases({
  requestFilter(session) {
    const { target } = session.request;
    if (target === "/abort") "ab".repeat(2 ** 28 - 100).split("");
    if (target === "/spin") void Promise.reject(new Proxy({}, { get() { for (;;); } }));
    if (target === "/loop") for (;;);
    if (target === "/throw") throw new Error("no");
    return new Response("honest");
  },
});`;

test("a script that awaits, counts and answers does so in a cell", async () => {
  await using stand = await CellStand.start({
    files: {
      "subject.ts": `import { counter, definePhases, log } from "sluice";
        const hits = counter("hits");
        export default definePhases({
          newCtx: () => ({ seen: 0 }),
          async requestFilter(session, ctx) {
            ctx.seen = hits.incr();
            await new Promise((resolve) => setTimeout(resolve, 5));
            log.info("awaited");
          },
          proxyUpstreamFilter: (session, ctx) => new Response("n=" + ctx.seen),
        });`,
    },
    tenants: { subject: {} },
  });
  assert.deepEqual(await stand.ask("subject"), { status: 200, body: "n=1" });
  assert.deepEqual(await stand.ask("subject"), { status: 200, body: "n=2" });
  await stand.proxy.waitFor(() => stand.proxy.scriptLines().length === 2);
  assert.match(await stand.proxy.metrics(), /sluice_script_value\{.*name="hits"\} 2\n/);
});

test("calls that end their process fail alone, and neighbours in the cell notice nothing", async () => {
  await using stand = await CellStand.start({
    files: { "hostile.ts": HOSTILE, "neighbour.ts": COUNTS },
    tenants: { hostile: {}, neighbour: {} },
    config: { workers: 2 },
  });
  const load = stand.paced("neighbour");
  await load.more(20);
  for (const [target, status] of [
    ["/abort", 500],
    ["/loop", 500],
    ["/throw", 500],
    ["/spin", 500],
    ["/", 200],
  ] as const) {
    const answer = await stand.ask("hostile", target);
    assert.equal(answer.status, status, `${target}: ${answer.body}`);
    await load.more(20);
  }
  await load.stop();
  assert.deepEqual(load.failures, []);
  assert.deepEqual(load.repeated, []);
  assert.equal(stand.proxy.pids().length, 1);
});
