// Calls of one turn that have finished do not wait for a neighbour that takes long, where such ones
// are known; and hooks that wake each other for long are no reason to end their isolate.

import assert from "node:assert/strict";
import { test } from "node:test";
import { runPhases } from "../../src/phases/run.ts";
import { CHAIN } from "../../src/phases/table.ts";
import { LaneStand } from "./lane-stand.ts";

const CALLS = 10;

const HOOKS = `async requestFilter(session) {
  await null;
  if (session.request.path !== "/slow") return;
  begun.incr();
  for (let i = 0; i < 1e8; i++) work += i % 7;
}`;

test("who has finished has its result before a slow one begins, if one has been slow before", async () => {
  const before = `const begun = counter("begun"); let work = 0;`;
  using stand = new LaneStand(HOOKS, { before, hookMs: 10_000 });
  /** How many slow ones had begun when it had its result. */
  const begunBy = (path: string): Promise<number> => {
    const exchange = stand.exchange(path);
    const input = { layer: exchange, chain: CHAIN.request, chunk: null };
    return new Promise((resolve) =>
      runPhases(exchange, input, () => resolve(stand.count("begun"))),
    );
  };
  await begunBy("/slow");
  const quick = Array.from({ length: CALLS }, () => begunBy("/"));
  assert.equal(await begunBy("/slow"), 2);
  assert.deepEqual(await Promise.all(quick), Array(CALLS).fill(1));
});

test("hooks that wake each other for many turns run to their ends", async () => {
  using stand = new LaneStand(
    `async requestFilter(session) {
      const own = session.request.path === "/a" ? 0 : 1;
      for (let i = 0; i < 40_000; i++) {
        wake[1 - own]?.();
        await new Promise((resolve) => { wake[own] = resolve; });
      }
      wake[1 - own]?.();
    }`,
    { before: "const wake = [null, null];", hookMs: 10_000, requestCpuMs: 60_000 },
  );
  const exchanges = ["/a", "/b"].map((path) => stand.exchange(path));
  const outcomes = await Promise.all(exchanges.map((one) => stand.run(one, CHAIN.request)));
  for (const { error } of outcomes) assert.equal(error, null);
  assert.deepEqual(stand.deaths, []);
});
