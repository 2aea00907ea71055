// Hooks that compute for long, but less than they may, and many of them at once: no neighbour's
// time counts as one's own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { roundsFor } from "../support/rounds.ts";
import { oneTenant, TestProxy } from "./proxy.ts";
import { answering, ok, RawOrigin } from "./raw-origin.ts";
import { SteadyLoad } from "./steady-load.ts";

const CONNECTIONS = 64;
const HOOK_MS = 7;
const REQUESTS = 300;

function work(rounds: number): number {
  let sum = 0;
  for (let i = 0; i < rounds; i++) sum = (sum * 31 + i) | 0;
  return sum;
}

test("64 clients at once, each with a hook of 7 ms of 50 that it may take, all get answers", async () => {
  await using origin = await RawOrigin.start(answering(() => ok("a")));
  await using proxy = await TestProxy.start({
    files: {
      "main.ts": `
        import { definePhases } from "sluice";
        export default definePhases({
          newCtx: () => ({ sum: 0 }),
          requestFilter(_session, ctx) { ctx.sum = work(${roundsFor(work, 1_000_000, HOOK_MS)}); },
        });
        // in the interpreter one would take longer than it may, where V8's compilers have to wait
        for (let i = 0; i < 50; i++) work(20_000);
        ${String(work)}`,
    },
    config: oneTenant({ origin: [origin.address] }, { script: "main.ts", limits: { hookMs: 50 } }),
  });
  const load = new SteadyLoad(proxy.port, CONNECTIONS);
  await load.more(REQUESTS);
  await load.stop();
  assert.deepEqual(load.failures, []);
  assert.ok(load.answered >= REQUESTS);
  // A virtual machine that is held up within a hook has used the processor as far as it can tell:
  // the second chance is for that, and there is one. Neighbours' time would take many.
  assert.match(await proxy.metrics(), /^sluice_isolate_kills_total\S* [01]$/m);
});
