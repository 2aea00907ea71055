// `inflight` as scripts use it: what `enter` answers, when it is given back, and what a declaration
// may not say.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exchange } from "../../src/phases/exchange.ts";
import { CHAIN } from "../../src/phases/table.ts";
import { answerText, LaneStand } from "../sandbox/lane-stand.ts";

/** Enters its path, as often as it has characters, and does what else it says. */
const HOOKS = `async requestFilter({ request }) {
  const entered = [...request.target.slice(1)].map(() => limit.enter(request.target));
  const does = request.headers.get("x-do");
  if (does === "throw") throw new Error("thrown");
  if (does === "loop") for (;;);
  if (does === "wait, loop") { await scheduler.wait(1); for (;;); }
  if (does === "wait") await scheduler.wait(1e6);
  return new Response(entered.join());
}`;

const stand = (limit: number): LaneStand =>
  new LaneStand(HOOKS, {
    before: `const limit = inflight("n", { limit: ${limit} });`,
    hookMs: 200,
  });

interface Done {
  readonly exchange: Exchange;
  readonly answer: string | null;
}

async function run(on: LaneStand, target: string, does = ""): Promise<Done> {
  const exchange = on.exchange(target, `Host: a.example\r\nX-Do: ${does}\r\n`);
  const outcome = await on.run(exchange, CHAIN.request);
  return { exchange, answer: answerText(outcome) };
}

const held = ({ limits }: LaneStand): number => limits.inFlight()[0]?.[1] ?? -1;

test("as many requests enter a key as the limit says, and the next when one has ended", async () => {
  using on = stand(2);
  const done = await Promise.all(["/a", "/a", "/a", "/b"].map((target) => run(on, target)));
  const answers = done.map(({ answer }) => answer);
  assert.deepEqual(answers, ["true", "true", "false", "true"]);
  assert.equal(held(on), 3);
  done[0]?.exchange.end();
  assert.equal((await run(on, "/a")).answer, "true");
});

test("a request that enters a key twice takes two places, and gives back both", async () => {
  using on = stand(2);
  const { exchange, answer } = await run(on, "/aaa");
  assert.equal(answer, "true,true,false");
  assert.equal(held(on), 2);
  exchange.end();
  assert.equal(held(on), 0);
  assert.equal((await run(on, "/aaa")).answer, "true,true,false");
});

test("what a hook entered before it threw is its request's until that ends", async () => {
  using on = stand(2);
  const { exchange } = await run(on, "/a", "throw");
  assert.equal(held(on), 1);
  exchange.end();
  assert.equal(held(on), 0);
});

test("what a hook entered in the turn that kills it is given back with the isolate", async () => {
  using on = stand(2);
  await Promise.all([run(on, "/a", "loop"), run(on, "/a", "loop")]);
  assert.ok(on.deaths.length > 0);
  assert.equal(held(on), 0);
});

test("what a hook entered in a turn before the one that kills it is its request's", async () => {
  using on = stand(2);
  const { exchange } = await run(on, "/a", "wait, loop");
  assert.ok(on.deaths.length > 0);
  assert.equal(held(on), 1, "and one that is run again has entered once");
  exchange.end();
  assert.equal(held(on), 0);
});

test("a hook whose client leaves while it waits gives back with its request", async () => {
  using on = stand(1);
  const exchange = on.exchange("/a", "Host: a.example\r\nX-Do: wait\r\n");
  void on.run(exchange, CHAIN.request);
  while (held(on) !== 1) await new Promise((resolve) => setImmediate(resolve));
  exchange.end();
  assert.equal((await run(on, "/a")).answer, "true");
});

/** What the expression is inside a hook; what it throws, as text. */
async function evaluate(expression: string, before = ""): Promise<unknown> {
  using on = new LaneStand(
    `requestFilter() {
      try { return Response.json(${expression} ?? null); }
      catch (error) { return Response.json(error.name + ": " + error.message); }
    }`,
    { before },
  );
  const outcome = await on.run(on.exchange(), CHAIN.request);
  assert.equal(outcome.error, null);
  return JSON.parse(answerText(outcome) ?? "");
}

const REFUSALS: Readonly<Record<string, string>> = {
  'inflight("a b", { limit: 1 })':
    "TypeError: inflight: expected a name of 1 to 128 printable ASCII characters",
  'inflight("n")': "TypeError: inflight n: expected { limit }, got undefined",
  'inflight("n", { limit: 0 })':
    "RangeError: inflight n: limit: expected a whole number from 1 to 1000000, got 0",
  'inflight("n", { limit: 1, windowMs: 5 })':
    'TypeError: inflight n: "windowMs" is no option: limit',
  'inflight("n", { limit: 1 }).enter(5)':
    "TypeError: enter: expected a key that is a string, got number",
};

for (const [expression, message] of Object.entries(REFUSALS)) {
  test(`${expression} is refused`, async () => {
    assert.equal(await evaluate(expression), message);
  });
}

test("nothing is entered where no request runs", async () => {
  const before = `let thrown; const limit = inflight("n", { limit: 1 });
    try { limit.enter("key"); } catch (error) { thrown = error.message; }`;
  assert.equal(await evaluate("thrown", before), "enter: this can only be done while a hook runs");
});

test("names count with those of rate limits, and one of each kind may be called the same", async () => {
  const most = "the tenant has as many as it may have, 16 (limits.rateLimits)";
  const fixed = '{ limit: 2, windowMs: 60000, algorithm: "fixed-window" }';
  const result = await evaluate(
    `(() => {
      const rate = rateLimit("n", ${fixed}), one = inflight("n", { limit: 1 });
      const results = [rate.take("a").allowed, one.enter("a"), one.enter("a"), rate.take("a").remaining];
      if (results.join() !== "true,true,false,0") return results;
      for (let i = 0; i < 65; i++) inflight("n" + i, { limit: 1 });
    })()`,
  );
  assert.equal(result, `RangeError: inflight n14: ${most}`);
});
