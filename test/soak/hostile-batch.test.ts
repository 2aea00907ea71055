// The two scripts that nothing inside a process bounds, again and again, with honest requests of
// the same tenant in the same frames: nobody's request fails but those that do it.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { CellStand, COUNTS } from "../life/cell-stand.ts";

const HOSTILE = `import { counter, definePhases } from "sluice";
const hits = counter("hits");
export default definePhases({
  newCtx: () => ({ n: 0 }),
  requestFilter(session, ctx) {
    const { target } = session.request;
    if (target === "/abort") "ab".repeat(2 ** 28 - 100).split("");
    if (target === "/spin") void Promise.reject(new Proxy({}, { get() { for (;;); } }));
    ctx.n = hits.incr();
  },
  upstreamPeer() { return "none"; },
  proxyUpstreamFilter(session, ctx) { return new Response("n=" + ctx.n); },
});`;

const TIMES = 20;
const TIMEOUT_MS = 600_000;

for (const [target, deed] of [
  ["/abort", "aborts its process"],
  ["/spin", "spins where no limit reaches"],
] as const) {
  const title = `a request that ${deed}, ${TIMES} times in a row, fails no other, be it in its frame`;
  test(title, { timeout: TIMEOUT_MS }, (context) => repeat(context, target));
}

async function repeat(context: TestContext, target: string): Promise<void> {
  await using stand = await CellStand.start({
    files: { "hostile.ts": HOSTILE, "victim.ts": COUNTS },
    tenants: {
      hostile: { script: "hostile.ts" },
      beside: { script: "victim.ts" },
      near: { script: "victim.ts" },
      far: { script: "victim.ts", isolationGroup: "elsewhere" },
    },
  });
  const loads = {
    same: stand.load("hostile", 16),
    beside: stand.load("beside", 2),
    near: stand.load("near", 2),
    far: stand.load("far", 2),
  };
  const all = Object.values(loads);
  const more = (): Promise<unknown> => Promise.all(all.map((load) => load.more(20)));
  const startMs = performance.now();
  await more();
  for (let time = 0; time < TIMES; time++) {
    const { status, body } = await stand.ask("hostile", target);
    assert.equal(status, 500, body);
    await more();
  }
  await Promise.all(all.map((load) => load.stop()));
  const deaths = stand.proxy.lines.filter(({ msg }) => msg === "a cell died").length;
  const seconds = Math.round((performance.now() - startMs) / 1_000);
  context.diagnostic(`${TIMES} times in ${seconds} s, ${deaths} cells died`);
  for (const [name, load] of Object.entries(loads)) {
    const slowest = `99 % within ${load.withinMs(0.99)} ms, the slowest ${Math.round(load.longestMs)} ms`;
    context.diagnostic(
      `${name}: ${load.answered} answers, ${load.failures.length} failed, ${slowest}`,
    );
    assert.deepEqual([name, load.failures, load.repeated], [name, [], []]);
  }
  assert.deepEqual(stand.proxy.pids(), [stand.proxy.process.pid]);
}
