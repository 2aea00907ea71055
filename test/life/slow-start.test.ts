// What the top level of a script may take is counted on the processor: a machine that is busy keeps
// no honest script from starting.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { roundsFor } from "../support/rounds.ts";
import { CellStand } from "./cell-stand.ts";
import { deploy, WITH_TOKEN } from "./control.ts";

const STARTUP_MS = 400;
/** The process runs for a fifth of the time. */
const [STOPPED_MS, RUNS_MS] = [100, 25];

/** Builtins, so that no compiler makes it faster here than there. */
function work(rounds: number): number {
  const text = JSON.stringify(Array.from({ length: 100 }, (_, at) => ({ at, name: `n${at}` })));
  let sum = 0;
  for (let i = 0; i < rounds; i++) sum += JSON.parse(text).length;
  return sum;
}

// inline: a cell that somebody stops while it starts a script is replaced, whatever it does
test("a script starts in a process that stands still for most of the time", async () => {
  // less than its limit, and more than that of the wall clock
  const rounds = roundsFor(work, 500, STARTUP_MS / 3);
  const limits = { startupMs: STARTUP_MS };
  await using stand = await CellStand.start({
    tenants: { demo: { script: undefined, isolation: "inline", limits } },
    env: WITH_TOKEN,
  });
  const { proxy } = stand;
  const source = `import { definePhases } from "sluice";
    ${String(work)}
    work(${rounds});
    export default definePhases({ requestFilter: () => new Response("started") });`;
  let isOver = false;
  const deployed = deploy(proxy, source).finally(() => {
    isOver = true;
  });
  while (!isOver) {
    proxy.signal("SIGSTOP");
    await pause(STOPPED_MS);
    proxy.signal("SIGCONT");
    await pause(RUNS_MS);
  }
  const { status, body } = await deployed;
  assert.equal(status, 201, JSON.stringify(body));
  const took = Number(body.startupMs);
  assert.ok(took > 0 && took < STARTUP_MS, `${took} ms`);
  assert.deepEqual(await stand.ask("demo"), { status: 200, body: "started" });
});
