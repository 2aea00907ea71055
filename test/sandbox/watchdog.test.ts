// What a hook may not do with its time and memory, and that its neighbours in the same frame get
// their right answers all the same.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as pass } from "node:timers/promises";
import { CHAIN } from "../../src/phases/table.ts";
import { answerText, LaneStand } from "./lane-stand.ts";

/** Statements that never end, each started by the request whose target is /evil. */
const LOOPS: Readonly<Record<string, string>> = {
  "a loop": "for (;;);",
  "a loop behind an await": "return (async () => { await null; for (;;); })()",
  "an endless chain of microtasks": "return (async () => { for (;;) await null; })()",
  "a loop in a microtask that nobody awaits": "Promise.resolve().then(() => { for (;;); });",
  "an endless chain of microtasks that nobody awaits":
    "void (async () => { for (;;) await null; })()",
  "a loop in the getter of a thrown error": "throw { get message() { for (;;); } }",
  "a loop in the stack of a thrown error": "throw { message: '', get stack() { for (;;); } }",
  "a loop in toString of a body": "return new Response({ toString() { for (;;); } })",
  "a loop in toPrimitive of a status":
    "return new Response('', { status: { [Symbol.toPrimitive]() { for (;;); } } })",
  "a loop in a thenable": "return { get then() { for (;;); } }",
  "a loop in a getter of ctx":
    "Object.defineProperty(ctx, 'x', { enumerable: true, get() { for (;;); } })",
  "a regular expression that backtracks": "/^(a+)+$/.test('a'.repeat(40) + '!')",
  "a loop in a timer": "return new Promise(() => setTimeout(() => { for (;;); }, 1))",
};

const NEIGHBOURS = 63;

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await pass();
}

for (const [title, code] of Object.entries(LOOPS)) {
  test(`${title} ends with script_timeout, and its 63 neighbours get their answers`, async () => {
    using stand = new LaneStand(
      `requestFilter(session, ctx) {
        if (session.request.target === "/evil") { ${code} }
        return new Response("for " + session.request.target);
      }`,
      { hookMs: 200 },
    );
    const exchanges = Array.from({ length: NEIGHBOURS }, (_, i) => stand.exchange(`/${i}`));
    const evil = stand.exchange("/evil");
    exchanges.splice(20, 0, evil);
    const outcomes = await Promise.all(
      exchanges.map((exchange) => stand.run(exchange, CHAIN.request)),
    );
    const expected = exchanges.map((one) => (one === evil ? null : `for ${one.target}`));
    assert.deepEqual(outcomes.map(answerText), expected);
    assert.equal(outcomes.filter(({ error }) => error !== null).length, 1);
    assert.equal(outcomes[20]?.error?.code, "script_timeout");
    assert.ok(stand.deaths.length > 0);
    assert.ok(stand.deaths.every(({ code }) => code === "script_timeout"));
  });
}

test("a hook that floods memory fails alone", async () => {
  using stand = new LaneStand(
    `requestFilter(session) {
      const all = [];
      if (session.request.target === "/evil") for (;;) all.push({ all: [all.length, "x"] });
      return new Response("fine");
    }`,
    { hookMs: 10_000, memoryMiB: 16 },
  );
  const targets = ["/a", "/evil", "/b", "/c"];
  const outcomes = await Promise.all(
    targets.map((target) => stand.run(stand.exchange(target), CHAIN.request)),
  );
  assert.deepEqual(outcomes.map(answerText), ["fine", null, "fine", "fine"]);
  assert.equal(outcomes[1]?.error?.code, "script_error");
  assert.match(outcomes[1]?.error?.message ?? "", /requestFilter needed more than 16 MiB/);
});

test("hooks that take long, but not too long, are not killed for coming together", async () => {
  using stand = new LaneStand(
    `requestFilter(session) {
      let n = 0;
      for (let i = 0; i < 1e6; i++) n = (n * 31 + i) | 0;
      return new Response(session.request.target + (n === 0.5));
    }`,
    { hookMs: 2_000 },
  );
  const exchanges = Array.from({ length: 64 }, (_, i) => stand.exchange(`/${i}`));
  const outcomes = await Promise.all(exchanges.map((one) => stand.run(one, CHAIN.request)));
  assert.deepEqual(
    outcomes.map(answerText),
    exchanges.map(({ target }) => `${target}false`),
  );
  assert.deepEqual(stand.deaths, []);
  assert.ok(stand.turns > 1, "a turn ends early, and hands back what it did not start");
});

test("a loop that begins while the watchdog sleeps is ended like any other", async () => {
  using stand = new LaneStand(
    `requestFilter(session) {
      if (session.request.target === "/evil") for (;;);
      return new Response("fine");
    }`,
    { hookMs: 200 },
  );
  for (let round = 1; round <= 3; round++) {
    const outcome = await stand.run(stand.exchange("/"), CHAIN.request);
    assert.equal(answerText(outcome), "fine");
    await until(() => stand.isUnwatched);
    const evil = await stand.run(stand.exchange("/evil"), CHAIN.request);
    assert.equal(evil.error?.code, "script_timeout");
  }
});

test("a hook is watched that enters just as the watchdog falls asleep", async () => {
  using stand = new LaneStand(
    `requestFilter(session) {
      if (session.request.target === "/evil") for (;;);
      return new Response("fine");
    }`,
    { hookMs: 20 },
  );
  // a look is 5 ms, and the twentieth is the last: around then
  for (let pauseMs = 95; pauseMs < 112; pauseMs += 0.5) {
    await stand.run(stand.exchange("/"), CHAIN.request);
    const untilMs = performance.now() + pauseMs;
    await until(() => performance.now() >= untilMs);
    const evil = await stand.run(stand.exchange("/evil"), CHAIN.request);
    assert.equal(evil.error?.code, "script_timeout");
  }
});
