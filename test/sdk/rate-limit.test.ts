// `rateLimit` as scripts use it: what `take` answers, and what a declaration may not say.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAIN } from "../../src/phases/table.ts";
import { answerText, LaneStand, type StandOptions } from "../sandbox/lane-stand.ts";

/** What the expression is inside a hook, as JSON; what it throws, as text. */
async function evaluate(expression: string, options: StandOptions = {}): Promise<unknown> {
  using stand = new LaneStand(
    `requestFilter(session) {
      const fixed = { limit: 2, windowMs: 60000, algorithm: "fixed-window" };
      try { return Response.json(${expression} ?? null); }
      catch (error) { return Response.json(error.name + ": " + error.message); }
    }`,
    options,
  );
  const outcome = await stand.run(stand.exchange(), CHAIN.request);
  assert.equal(outcome.error, null);
  return JSON.parse(answerText(outcome) ?? "");
}

for (const algorithm of ["fixed-window", "sliding-window", "token-bucket"]) {
  test(`${algorithm}: take says what is left, and when to come again`, async () => {
    const options = `{ limit: 2, windowMs: 60000, algorithm: "${algorithm}" }`;
    const results = await evaluate(
      `(() => { const limit = rateLimit("n", ${options});
        return [limit.take("a"), limit.take("a"), limit.take("a"), limit.take("b", 2)]; })()`,
    );
    assert.ok(Array.isArray(results));
    const [first, second, third, other] = results;
    assert.deepEqual(first, { allowed: true, remaining: 1, retryAfterMs: 0 });
    assert.deepEqual(second, { allowed: true, remaining: 0, retryAfterMs: 0 });
    assert.equal(third.allowed, false);
    assert.equal(third.remaining, 0);
    assert.ok(third.retryAfterMs > 0 && third.retryAfterMs <= 66_000, String(third.retryAfterMs));
    assert.deepEqual(other, { allowed: true, remaining: 0, retryAfterMs: 0 }, "a key of its own");
  });
}

test("where nothing is shared, a limit of all proxies is one of this proxy", async () => {
  const results = await evaluate(
    `[1, 2, 3].map(() => rateLimit("n", { ...fixed, scope: "cluster" }).take("key"))
       .map(({ allowed, remaining, retryAfterMs }) => [allowed, remaining, retryAfterMs > 0])`,
  );
  const expected = [
    [true, 1, false],
    [true, 0, false],
    [false, 0, true],
  ];
  assert.deepEqual(results, expected);
});

test("all or none of n is taken", async () => {
  const limit = 'rateLimit("n", { limit: 5, windowMs: 60000, algorithm: "fixed-window" })';
  const results = await evaluate(`[4, 2, 1].map((n) => ${limit}.take("key", n).allowed)`);
  assert.deepEqual(results, [true, false, true]);
});

test("burst is what a token bucket lets through at once", async () => {
  const options = '{ limit: 60, windowMs: 60000, algorithm: "token-bucket", burst: 3 }';
  const results = await evaluate(
    `Array.from({ length: 4 }, () => rateLimit("n", ${options}).take("key")).map(
       ({ allowed, remaining, retryAfterMs }) => [allowed, remaining, retryAfterMs])`,
  );
  const expected = [
    [true, 2, 0],
    [true, 1, 0],
    [true, 0, 0],
    [false, 0, 1_000],
  ];
  assert.deepEqual(results, expected);
});

const REFUSALS: Readonly<Record<string, string>> = {
  'rateLimit("", fixed)':
    "TypeError: rateLimit: expected a name of 1 to 128 printable ASCII characters",
  'rateLimit("a b", fixed)':
    "TypeError: rateLimit: expected a name of 1 to 128 printable ASCII characters",
  'rateLimit("n")':
    "TypeError: rateLimit n: expected { limit, windowMs, algorithm }, got undefined",
  'rateLimit("n", { ...fixed, limit: 0 })':
    "RangeError: rateLimit n: limit: expected a whole number from 1 to 1000000, got 0",
  'rateLimit("n", { ...fixed, limit: "5" })':
    'RangeError: rateLimit n: limit: expected a whole number from 1 to 1000000, got "5"',
  'rateLimit("n", { ...fixed, limit: 600000, algorithm: "sliding-window" })':
    "RangeError: rateLimit n: limit: expected a whole number from 1 to 500000, got 600000",
  'rateLimit("n", { ...fixed, windowMs: 0.5 })':
    "RangeError: rateLimit n: windowMs: expected a whole number from 1 to 604800000, got 0.5",
  'rateLimit("n", { limit: 1, windowMs: 1 })':
    'TypeError: rateLimit n: algorithm: expected "fixed-window", "sliding-window" or ' +
    '"token-bucket", got undefined',
  'rateLimit("n", { ...fixed, algorithm: "leaky" })':
    'TypeError: rateLimit n: algorithm: expected "fixed-window", "sliding-window" or ' +
    '"token-bucket", got "leaky"',
  'rateLimit("n", { ...fixed, windowMS: 5 })':
    'TypeError: rateLimit n: "windowMS" is no option: limit, windowMs, algorithm, burst, scope',
  'rateLimit("n", { ...fixed, scope: "world" })':
    'TypeError: rateLimit n: scope: expected "node" or "cluster"',
  'rateLimit("n", { ...fixed, scope: "cluster", algorithm: "sliding-window" })':
    'TypeError: rateLimit n: scope cluster: algorithm: expected "fixed-window", got ' +
    '"sliding-window"',
  'rateLimit("n", { ...fixed, scope: "cluster", windowMs: 999 })':
    "RangeError: rateLimit n: scope cluster: windowMs: expected at least 1000, got 999",
  'rateLimit("n", { ...fixed, scope: "cluster", burst: 5 })':
    "TypeError: rateLimit n: burst is an option of token-bucket alone",
  '[rateLimit("n", fixed), rateLimit("n", { ...fixed, scope: "cluster" })]':
    "TypeError: rateLimit n: expected one scope wherever it is declared, " +
    'got "node" and "cluster"',
  'rateLimit("n", { ...fixed, burst: 5 })':
    "TypeError: rateLimit n: burst is an option of token-bucket alone",
  'rateLimit("n", { limit: 1, windowMs: 604800000, algorithm: "token-bucket", burst: 2 })':
    "RangeError: rateLimit n: burst: expected one that drips in within a week",
  'rateLimit("n", fixed).take(5)': "TypeError: take: expected a key that is a string, got number",
  'rateLimit("n", fixed).take("key", 3)':
    "RangeError: take: expected a whole number from 1 to 2, got 3",
  'rateLimit("n", fixed).take("key", 0)':
    "RangeError: take: expected a whole number from 1 to 2, got 0",
};

for (const [expression, message] of Object.entries(REFUSALS)) {
  test(`${expression} is refused`, async () => {
    assert.equal(await evaluate(expression), message);
  });
}

test("a tenant has as many limits as its configuration says, and the error names it", async () => {
  const result = await evaluate(
    '(() => { for (let i = 0; i < 65; i++) rateLimit("n" + i, fixed).take("key"); })()',
  );
  const most = "the tenant has as many as it may have, 16 (limits.rateLimits)";
  assert.equal(result, `RangeError: rateLimit n16: ${most}`);
});

test("limits are the tenant's: a new isolate goes on where the last one was", async () => {
  using stand = new LaneStand(
    `requestFilter(session) {
      const { allowed } = limit.take("key");
      if (session.request.target === "/evil") for (;;);
      return new Response(String(allowed));
    }`,
    {
      before: `const limit = rateLimit("n",
        { limit: 2, windowMs: 600000, algorithm: "fixed-window" });`,
      hookMs: 200,
    },
  );
  assert.equal(answerText(await stand.run(stand.exchange(), CHAIN.request)), "true");
  await stand.run(stand.exchange("/evil"), CHAIN.request);
  assert.ok(stand.deaths.length > 0);
  assert.equal(answerText(await stand.run(stand.exchange(), CHAIN.request)), "false");
});

test("a key of any length and of any characters has a limit of its own", async () => {
  const keys = ["", "a", "é", "\u{1F600}", "x".repeat(100_000), "x".repeat(100_001), "\0"];
  const results = await evaluate(
    `${JSON.stringify(keys)}.map((key) => [1, 2, 3].map(() => rateLimit("n", fixed).take(key).allowed))`,
  );
  assert.deepEqual(
    results,
    keys.map(() => [true, true, false]),
  );
});

test("what a script makes of the builtins changes nothing of its limits", async () => {
  const result = await evaluate(
    `(() => {
      const limit = rateLimit("n", fixed);
      String.prototype.charCodeAt = () => 7;
      Array.prototype[Symbol.iterator] = function* () {};
      Math.max = Math.floor = Math.ceil = () => 0;
      Number.isSafeInteger = () => false;
      return [limit.take("a").allowed, limit.take("b").allowed, limit.take("a").allowed,
        limit.take("a").allowed, limit.take("b").allowed].join();
    })()`,
  );
  assert.equal(result, "true,true,true,false,true");
});
