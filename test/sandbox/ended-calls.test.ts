// What a call leaves behind when it is over: nothing of it reaches the request, and no promise that
// other requests wait for is left hanging.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exchange } from "../../src/phases/exchange.ts";
import { CHAIN } from "../../src/phases/table.ts";
import { answerText, begin, LaneStand } from "./lane-stand.ts";

async function leave(stand: LaneStand, exchange: Exchange): Promise<void> {
  const cancel = await begin(stand, exchange);
  cancel();
}

const ask = async (stand: LaneStand, target: string): Promise<string | undefined> => {
  const outcome = await stand.run(stand.exchange(target), CHAIN.request);
  return answerText(outcome) ?? outcome.error?.message;
};

/** Ways to wait for a timer of an hour in `load`. */
const LOADS: Readonly<Record<string, string>> = {
  "a timer that resolves it": "await new Promise((done) => setTimeout(done, 3.6e6));",
  "a timer whose function resolves it":
    "await new Promise((done) => setTimeout(() => done(), 3.6e6));",
  "a timer set in a function that it calls":
    "const sleep = (done) => setTimeout(done, 3.6e6); await new Promise(sleep);",
  "a timer and its resolvers":
    "const { promise, resolve } = Promise.withResolvers(); setTimeout(resolve, 3.6e6); await promise;",
  "a timer that resolves it once it is made":
    "let done; const made = new Promise((resolve) => { done = resolve; }); setTimeout(done, 3.6e6); await made;",
  "a request's body": "await request.text();",
};

for (const [title, wait] of Object.entries(LOADS)) {
  test(`a promise that waits for ${title} is rejected when its call is over`, async () => {
    using stand = new LaneStand(
      `async requestFilter({ request }) {
        flight ??= load(request).finally(() => { flight = undefined; });
        log.info(request.target);
        try { return new Response(await flight); }
        catch (error) { return new Response(error.name + ": " + error.message); }
      }`,
      {
        before: `let flight, runs = 0;
          async function load(request) { if (runs++ > 0) return "loaded"; ${wait} }`,
        hookWallMs: 5_000,
      },
    );
    const first = stand.exchange("/first");
    first.readBody = () => {}; // it never comes
    const cancel = await begin(stand, first);
    const second = ask(stand, "/second");
    while (stand.lines.length < 2) await new Promise((resolve) => setImmediate(resolve));
    cancel();
    assert.match(
      (await second) ?? "",
      /^AbortError: (?:setTimeout|request body): the hook that it belongs to is over$/,
    );
    assert.equal(await ask(stand, "/third"), "loaded");
    assert.deepEqual(stand.strays, []);
  });
}

test("a promise that a hook began and did not wait for is rejected when the hook returns", async () => {
  using stand = new LaneStand(
    `async requestFilter({ request }) {
      if (request.target === "/begins") {
        flight = new Promise((done) => setTimeout(done, 50));
        return new Response("begun");
      }
      return new Response(await flight.then(() => "loaded", (error) => error.name));
    }`,
    { before: "let flight;", hookWallMs: 5_000 },
  );
  assert.equal(await ask(stand, "/begins"), "begun");
  assert.equal(await ask(stand, "/waits"), "AbortError");
});

test("what a hook had yet to do when its client left stays undone, but for its own end", async () => {
  using stand = new LaneStand(
    `
    async requestFilter() {
      log.info("waiting");
      try {
        await new Promise((done) => setTimeout(done, 3.6e6));
        counter("after").incr();
      } finally {
        counter("finally").incr();
      }
    },
    upstreamPeer() { counter("next").incr(); }`.replaceAll(/counter\("(\w+)"\)/g, "counts.$1"),
    {
      before: `const counts = { after: counter("after"), finally: counter("finally"),
      next: counter("next") };`,
    },
  );
  await leave(stand, stand.exchange());
  while (stand.count("finally") === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(stand.count("after"), 0);
  assert.equal(stand.count("next"), 0);
});

test("what waits for another's promise goes on when its own call is over, and may not ask", async () => {
  using stand = new LaneStand(
    `async requestFilter({ request }) {
      if (request.target === "/waits") {
        log.info("waiting");
        await gate;
        try { setTimeout(() => {}, 1); } catch (error) { log.info(error.name); }
        log.info("went on");
        return new Response("too late");
      }
      open();
      return new Response("opened");
    }`,
    { before: "const { promise: gate, resolve: open } = Promise.withResolvers();" },
  );
  const waits = stand.exchange("/waits");
  await leave(stand, waits);
  assert.equal(await ask(stand, "/opens"), "opened");
  while (stand.lines.length < 4) await new Promise((resolve) => setImmediate(resolve));
  const lines = stand.lines.map(({ message, fields }) => [fields.id, fields.hook, message]);
  const line = (message: string): string[] => [waits.id, "requestFilter", message];
  const told = stand.lines[1]?.message ?? "";
  assert.match(told, /^requestFilter awaits a promise that /);
  assert.deepEqual(lines, ["waiting", told, "AbortError", "went on"].map(line));
});

test("a timer whose hook has returned throws at once", async () => {
  using stand = new LaneStand(
    `requestFilter({ request }) {
      const setLate = async () => { await gate; setTimeout(() => {}); };
      if (request.target === "/first") late = setLate();
      else open();
      return new Response(request.target);
    },
    async logging() { await late.catch((error) => log.info(error.message)); }`,
    {
      before: "let late; const { promise: gate, resolve: open } = Promise.withResolvers();",
    },
  );
  const first = stand.exchange("/first");
  await stand.run(first, CHAIN.request);
  assert.equal(await ask(stand, "/opens"), "/opens");
  await stand.run(first, CHAIN.logging);
  assert.deepEqual(stand.messages(), ["setTimeout: the hook that it belongs to is over"]);
});

test("ctx is as it was at the last await, and not at the first", async () => {
  using stand = new LaneStand(
    `newCtx: () => ({ steps: [] }),
    async requestFilter({ request }, ctx) {
      ctx.steps.push("first");
      await null;
      ctx.steps.push("second");
      await new Promise((done) => setTimeout(done, 1));
      ctx.steps.push("third");
      await Promise.resolve();
      ctx.steps.push("fourth");
      log.info("waiting");
      await new Promise(() => {});
    },
    logging(_session, ctx) { log.info(ctx.steps.join()); }`,
    { hookWallMs: 1_000 },
  );
  const steps = "first,second,third,fourth";
  const cancelled = stand.exchange();
  await leave(stand, cancelled);
  await stand.run(cancelled, CHAIN.logging);
  assert.equal(stand.messages().at(-1), steps);
  const overdue = stand.exchange();
  const { error } = await stand.run(overdue, CHAIN.request);
  assert.equal(error?.code, "script_timeout");
  await stand.run(overdue, CHAIN.logging);
  assert.equal(stand.messages().at(-1), steps);
});

test("ctx that another's wake changed is kept, too", async () => {
  using stand = new LaneStand(
    `newCtx: () => ({ seen: 0 }),
    async requestFilter({ request }, ctx) {
      if (request.target === "/opens") { open(); return new Response("opened"); }
      log.info("waiting");
      await gate;
      ctx.seen = 1;
      await new Promise(() => {});
    },
    logging(_session, ctx) { log.info("seen " + ctx.seen); }`,
    {
      before: "const { promise: gate, resolve: open } = Promise.withResolvers();",
      hookWallMs: 5_000,
    },
  );
  const waits = stand.exchange("/waits");
  const cancel = await begin(stand, waits);
  assert.equal(await ask(stand, "/opens"), "opened");
  assert.equal(await ask(stand, "/opens"), "opened");
  cancel();
  await stand.run(waits, CHAIN.logging);
  assert.equal(stand.messages().at(-1), "seen 1");
});

test("a request that has had all its time is rejected where it waits, and settles what it shares", async () => {
  using stand = new LaneStand(
    `async requestFilter({ request }) {
      flight ??= load();
      await flight.catch((error) => log.info(request.target + " " + error.name));
      return new Response(request.target);
    }`,
    {
      before: `let flight;
        async function load() {
          for (;;) {
            let n = 0; for (let i = 0; i < 2e7; i++) n += i % 7;
            await new Promise((done) => setTimeout(done, 0));
          }
        }`,
      requestCpuMs: 60,
      hookWallMs: 10_000,
    },
  );
  const [first, second] = [stand.exchange("/first"), stand.exchange("/second")];
  const outcomes = await Promise.all([first, second].map((one) => stand.run(one, CHAIN.request)));
  assert.match(outcomes[0]?.error?.message ?? "", /has had \d+ ms of at most 60/);
  assert.equal(outcomes[1] && answerText(outcomes[1]), "/second");
});
