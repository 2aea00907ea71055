// A hook that awaits what nobody settles is told of at once, and not when its time is up.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAIN } from "../../src/phases/table.ts";
import { answerText, LaneStand } from "./lane-stand.ts";

const TOLD =
  "requestFilter awaits a promise that no timer, no body and no other hook that runs settles: " +
  "it ends after limits.hookWallMs, unless a request to come settles it";

/** More than the first line needs to be written on a busy machine; each such test waits for it. */
const OVERDUE_MS = 1_000;

const start = (statements: string, before = "", hookWallMs = 30_000) =>
  new LaneStand(`async requestFilter({ request }) { ${statements} }`, { before, hookWallMs });

const run = (stand: LaneStand, target = "/") => stand.run(stand.exchange(target), CHAIN.request);

test("a promise that nobody settles is told of before the hook has had its time", async () => {
  using stand = start("await new Promise(() => {});", "", OVERDUE_MS);
  const exchange = stand.exchange();
  const ended = stand.run(exchange, CHAIN.request);
  const first = await Promise.race([ended, lineOf(stand)]);
  assert.equal(first, TOLD);
  assert.equal((await ended).error?.code, "script_timeout");
  assert.deepEqual(stand.messages(), [TOLD]);
  assert.equal(stand.lines[0]?.fields.id, exchange.id);
  assert.equal(stand.lines[0]?.level, 3);
});

test("so is one that waits for a hook that is over, and for nothing after a timer", async () => {
  using stand = start(
    `if (request.target === "/owner") { setTimeout(() => open(), 3.6e6); return; }
    await new Promise((done) => setTimeout(done, 1));
    await gate;`,
    "const { promise: gate, resolve: open } = Promise.withResolvers();",
    OVERDUE_MS,
  );
  await run(stand, "/owner");
  assert.equal((await run(stand)).error?.code, "script_timeout");
  assert.deepEqual(stand.messages(), [TOLD]);
});

test("what a timer, a body or another hook's work settles is waited for in silence", async () => {
  using stand = start(
    `flight ??= (async () => {
      await new Promise((done) => setTimeout(done, 5));
      await null;
      return await request.text();
    })();
    return new Response("got " + (await flight));`,
    "let flight;",
  );
  const outcomes = await Promise.all([run(stand), run(stand), run(stand)]);
  assert.deepEqual(outcomes.map(answerText), ["got ", "got ", "got "]);
  assert.deepEqual(stand.messages(), []);
});

test("a gate that a later request opens is opened, and who waits for it is told of once", async () => {
  using stand = start(
    `if (request.target === "/open") { open(); return new Response("opened"); }
    await gate;
    return new Response("through");`,
    "const { promise: gate, resolve: open } = Promise.withResolvers();",
  );
  const waiting = run(stand);
  await lineOf(stand);
  assert.equal(answerText(await run(stand, "/open")), "opened");
  assert.equal(answerText(await waiting), "through");
  assert.deepEqual(stand.messages(), [TOLD]);
});

/** The first line, once there is one. */
async function lineOf(stand: LaneStand): Promise<string | undefined> {
  while (stand.lines.length === 0) await new Promise((resolve) => setImmediate(resolve));
  return stand.messages()[0];
}
