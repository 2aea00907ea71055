// More than a frame holds: what one turn's calls write together beyond the window's records.

import assert from "node:assert/strict";
import { test } from "node:test";
import { NOTHING } from "../../src/phases/outcome.ts";
import { CHAIN } from "../../src/phases/table.ts";
import { FRAME_RECORDS_MAX } from "../../src/wire/records.ts";
import { answerText, LaneStand } from "./lane-stand.ts";

const CALLS = 1_500;

test("any number of hooks that one promise wakes come out whole, each with its own", async () => {
  using stand = new LaneStand(
    `async requestFilter(session, ctx) {
      const { target } = session.request;
      if (target !== "/last") await woken; else wake();
      ctx.target = target;
      session.request.headers.set("x-target", target);
      await null;
      const bytes = Uint8Array.from(target, (char) => char.charCodeAt(0));
      return new Response(target.endsWith("7") ? bytes : target);
    }`,
    { before: "let wake; const woken = new Promise((resolve) => { wake = resolve; });" },
  );
  assert.ok(CALLS * 3 > FRAME_RECORDS_MAX);
  const exchanges = Array.from({ length: CALLS }, (_, i) => stand.exchange(`/${i}`));
  exchanges.push(stand.exchange("/last"));
  const outcomes = await Promise.all(exchanges.map((one) => stand.run(one, CHAIN.request)));
  for (const [i, exchange] of exchanges.entries()) {
    const outcome = outcomes[i] ?? NOTHING;
    assert.equal(outcome.error?.message ?? "", "");
    assert.equal(answerText(outcome), exchange.target);
    assert.equal(exchange.ctx, `{"target":"${exchange.target}"}`);
    assert.match(exchange.headers, new RegExp(`^x-target: ${exchange.target}\r\n`, "m"));
  }
  assert.deepEqual(stand.deaths, []);
});

test("a call that edits without end fails alone", async () => {
  using stand = new LaneStand(`
    requestFilter(session) {
      for (;;) {
        session.request.headers.set("x-a", session.request.target);
        if (session.request.target === "/good") return;
      }
    }`);
  const [bad, good] = [stand.exchange("/bad"), stand.exchange("/good")];
  const ends = await Promise.all([stand.run(bad, CHAIN.request), stand.run(good, CHAIN.request)]);
  assert.match(ends[0].error?.message ?? "", /too many edits in one call/);
  assert.equal(ends[1].error, null);
  assert.match(good.headers, /^x-a: \/good\r$/m);
});
