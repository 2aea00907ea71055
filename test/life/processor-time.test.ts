// What a request may use of the processor is counted on the processor: time in which its process
// stands still is nobody's.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { roundsFor } from "../support/rounds.ts";
import { CellStand } from "./cell-stand.ts";

const HOOK_MS = 100;
/** Several times what both hooks use, and less than they take. */
const CPU_MS = 700;
/** The process runs for a tenth of the time. */
const [STOPPED_MS, RUNS_MS] = [200, 20];

/** Builtins, so that no compiler makes it faster here than there. */
function work(rounds: number): number {
  const text = JSON.stringify(Array.from({ length: 100 }, (_, at) => ({ at, name: `n${at}` })));
  let sum = 0;
  for (let i = 0; i < rounds; i++) sum += JSON.parse(text).length;
  return sum;
}

for (const isolation of ["inline", "process"] as const) {
  test(`a process that stands still takes no time of its requests, isolation ${isolation}`, async () => {
    const rounds = roundsFor(work, 500, HOOK_MS / 2);
    await using stand = await CellStand.start({
      files: {
        "slow.ts": `import { definePhases } from "sluice";
          ${String(work)}
          export default definePhases({
            earlyRequestFilter() { work(${rounds}); },
            async requestFilter() {
              work(${rounds});
              await new Promise((resolve) => setTimeout(resolve, 0));
            },
            proxyUpstreamFilter: () => new Response("done"),
          });`,
      },
      tenants: { slow: { isolation, limits: { hookMs: 10_000, requestCpuMs: CPU_MS } } },
    });
    const signal = async (name: NodeJS.Signals): Promise<void> => {
      if (isolation === "process") await stand.signalCells(name);
      else stand.proxy.signal(name);
    };
    let isOver = false;
    const answer = stand.ask("slow").finally(() => {
      isOver = true;
    });
    while (!isOver) {
      await signal("SIGSTOP");
      await pause(STOPPED_MS);
      await signal("SIGCONT");
      await pause(RUNS_MS);
    }
    assert.deepEqual(await answer, { status: 200, body: "done" });
  });
}
