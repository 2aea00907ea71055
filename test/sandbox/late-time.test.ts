// Processor time that a request takes behind the results of its hooks: it counts as the request's.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exchange } from "../../src/phases/exchange.ts";
import { CHAIN } from "../../src/phases/table.ts";
import { answerText, begin, LaneStand } from "./lane-stand.ts";

const SPENDING = {
  before: `const work = () => { let n = 0; for (let i = 0; i < 2e7; i++) n += i % 7; return n; };
    const pause = () => new Promise((done) => setTimeout(done, 0));
    async function goOn() { await null; for (let part = 0; part < 9; part++) work(); }`,
  requestCpuMs: 20,
  hookMs: 10_000,
  hookWallMs: 60_000,
};
const LOGGING = `logging({ request }) { log.info("logs " + request.target); }`;

/** Its time is spent: its next hook does not run, and that of another does. */
async function isSpent(stand: LaneStand, exchange: Exchange): Promise<void> {
  const other = await stand.run(stand.exchange("/other"), CHAIN.logging);
  assert.equal(other.error, null);
  const { error } = await stand.run(exchange, CHAIN.logging);
  assert.match(error?.message ?? "", /has had \d+ ms of at most 20/);
  assert.ok(stand.messages().includes("logs /other") && !stand.messages().includes("logs /busy"));
}

test("the time of what went on behind a hook's result counts in its request's next call", async () => {
  using stand = new LaneStand(
    `requestFilter() { goOn(); return new Response("done"); }, ${LOGGING}`,
    SPENDING,
  );
  const busy = stand.exchange("/busy");
  assert.equal(answerText(await stand.run(busy, CHAIN.request)), "done");
  await isSpent(stand, busy);
});

test("the time of a hook whose client left counts in its request's next call", async () => {
  using stand = new LaneStand(
    `async requestFilter() {
      for (let part = 0; part < 3; part++) { log.info("works"); work(); await pause(); }
    }, ${LOGGING}`,
    { ...SPENDING, requestCpuMs: 20 },
  );
  const busy = stand.exchange("/busy");
  const cancel = await begin(stand, busy);
  cancel();
  await isSpent(stand, busy);
});
