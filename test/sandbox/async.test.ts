// Hooks that wait: what runs after an await belongs to its own request, whatever ran in between.

import assert from "node:assert/strict";
import { test } from "node:test";
import { runPhases } from "../../src/phases/run.ts";
import { CHAIN } from "../../src/phases/table.ts";
import { answerText, LaneStand } from "./lane-stand.ts";

test("awaits on settled promises cost no turn, and many of them are fine", async () => {
  using stand = new LaneStand(`
    async requestFilter() {
      let n = 0;
      for (let i = 0; i < 1000; i++) n += await 1;
      return new Response("" + n);
    }`);
  assert.equal(answerText(await stand.run(stand.exchange(), CHAIN.request)), "1000");
  assert.equal(stand.turns, 1);
});

test("timers run in the order of their times, one turn after the other", async () => {
  using stand = new LaneStand(`
    async requestFilter() {
      const seen = [];
      const later = (ms) => new Promise((done) => setTimeout(() => { seen.push(ms); done(); }, ms));
      await Promise.all([later(30), later(1), later(15)]);
      for (let i = 0; i < 20; i++) await later(0);
      return new Response(seen.slice(0, 3).join());
    }`);
  assert.equal(answerText(await stand.run(stand.exchange(), CHAIN.request)), "1,15,30");
});

test("log lines after an await belong to the request that waited", async () => {
  using stand = new LaneStand(
    `async requestFilter(session) {
      const { target } = session.request;
      log.info("before " + target);
      do await new Promise((done) => setTimeout(done, 1));
      while (target === "/slow" && !isFastOver);
      log.info("after " + target);
      await null;
      log.info("last " + target);
      isFastOver = true;
      return new Response("");
    }`,
    { before: "let isFastOver = false;" },
  );
  const [slow, fast] = [stand.exchange("/slow"), stand.exchange("/fast")];
  await Promise.all([stand.run(slow, CHAIN.request), stand.run(fast, CHAIN.request)]);
  const seen = stand.lines.map(({ message, fields }) => `${fields.id} ${message}`);
  assert.deepEqual(seen, [
    `${slow.id} before /slow`,
    `${fast.id} before /fast`,
    `${fast.id} after /fast`,
    `${fast.id} last /fast`,
    `${slow.id} after /slow`,
    `${slow.id} last /slow`,
  ]);
});

test("a hook that another request's hook wakes goes on as its own request", async () => {
  using stand = new LaneStand(
    `async requestFilter(session) {
      if (session.request.target === "/waits") { await gate; return; }
      open();
    },
    async upstreamPeer(session) {
      log.info("peer of " + session.request.target);
      await new Promise((done) => setTimeout(done, 1));
      return "ok";
    }`,
    { before: "let open; const gate = new Promise((done) => { open = done; });" },
  );
  const [waits, opens] = [stand.exchange("/waits"), stand.exchange("/opens")];
  const outcomes = await Promise.all([
    stand.run(waits, CHAIN.request),
    stand.run(opens, CHAIN.request),
  ]);
  assert.deepEqual(
    outcomes.map(({ choice }) => choice),
    ['"ok"', '"ok"'],
  );
  for (const exchange of [waits, opens]) {
    const line = stand.lines.find(({ fields }) => fields.id === exchange.id);
    assert.equal(line?.message, `peer of ${exchange.target}`);
  }
});

test("a hook that waits too long fails, and the message names it", async () => {
  using stand = new LaneStand(
    `newCtx: () => ({ seen: 1 }),
    requestFilter: (session, ctx) => { ctx.seen++; session.request.headers.set("x-a", "1"); },
    proxyUpstreamFilter: () => new Promise(() => {}),
    upstreamPeer: () => "never"`,
    { hookWallMs: 30 },
  );
  const exchange = stand.exchange();
  const { error } = await stand.run(exchange, CHAIN.request);
  assert.equal(error?.code, "script_timeout");
  const message = "proxyUpstreamFilter: still waiting after 30 ms (limits.hookWallMs)";
  assert.equal(error?.message, `script of tenant demo (v1), ${message}`);
  assert.equal(exchange.ctx, '{"seen":2}');
});

test("with fail-open the hooks after one that waits too long run all the same", async () => {
  using stand = new LaneStand(
    `requestFilter: (session) => { session.request.headers.set("x-a", "1"); },
    proxyUpstreamFilter: () => new Promise(() => {}),
    upstreamPeer: () => "stable"`,
    { hookWallMs: 30, failOpen: true },
  );
  const exchange = stand.exchange();
  const outcome = await stand.run(exchange, CHAIN.request);
  assert.equal(outcome.error, null);
  assert.equal(outcome.choice, '"stable"');
  assert.equal(exchange.headers, "Host: a.example\r\nx-a: 1\r\n");
});

test("a rejection that nobody handles is logged and hurts no request", async () => {
  using stand = new LaneStand(`
    requestFilter(session) {
      if (session.request.target === "/3") Promise.reject(new Error("floating"));
      return new Response(session.request.target);
    }`);
  const exchanges = Array.from({ length: 10 }, (_, i) => stand.exchange(`/${i}`));
  const outcomes = await Promise.all(exchanges.map((one) => stand.run(one, CHAIN.request)));
  assert.deepEqual(
    outcomes.map(answerText),
    exchanges.map(({ target }) => target),
  );
  assert.deepEqual(stand.strays, []);
  const [line] = stand.lines;
  const [said = "", frame = "", ...rest] = line?.message.split("\n") ?? [];
  assert.equal(said, "unhandled rejection: Error: floating");
  assert.match(frame, /^ {4}at Object\.requestFilter \(script\.js:\d+:\d+\)$/);
  assert.ok(rest.every((text) => !text.includes("boundary")));
  assert.equal(line?.fields.id, exchanges[3]?.id);
});

test("what a timer's function throws is logged, and the hook goes on", async () => {
  using stand = new LaneStand(`
    async requestFilter() {
      setTimeout(() => { throw new Error("in the timer"); }, 1);
      await new Promise((done) => setTimeout(done, 10));
      return new Response("done");
    }`);
  const exchange = stand.exchange();
  assert.equal(answerText(await stand.run(exchange, CHAIN.request)), "done");
  const [line] = stand.lines;
  assert.match(line?.message ?? "", /^uncaught: Error: in the timer\n {4}at /);
  assert.equal(line?.fields.id, exchange.id);
});

test("whatever a timer's function throws, other calls of the turn get their answers", async () => {
  using stand = new LaneStand(
    `async requestFilter(session) {
      if (session.request.target === "/good") return new Response("good");
      setTimeout(() => {
        const f = () => {};
        f.toString = () => { throw f; };
        throw f;
      }, 0);
      await new Promise((done) => setTimeout(done, 5));
      return new Response("done");
    }`,
    { hookWallMs: 2_000 },
  );
  const first = stand.run(stand.exchange("/evil"), CHAIN.request);
  const others: Promise<unknown>[] = [];
  for (let i = 0; i < 20; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    others.push(stand.run(stand.exchange("/good"), CHAIN.request).then(answerText));
  }
  assert.equal(answerText(await first), "done");
  assert.deepEqual(new Set(await Promise.all(others)), new Set(["good"]));
});

test("a timer that was cleared does not run, and one ends with its hook", async () => {
  using stand = new LaneStand(
    `async requestFilter() {
      const id = setTimeout(() => log.info("cleared, and yet"), 1);
      clearTimeout(id);
      clearTimeout(undefined);
      clearTimeout(9999);
      setTimeout(() => { if (isOver) log.info("after its hook"); }, 300);
      await new Promise((done) => setTimeout(done, 1));
      isOver = true;
    },
    async upstreamPeer() {
      await new Promise((done) => setTimeout(done, 1));
      return "stable";
    },
    async logging() {
      await new Promise((done) => setTimeout(done, 400));
    }`,
    { before: "let isOver = false;" },
  );
  const exchange = stand.exchange();
  await stand.run(exchange, CHAIN.request);
  await stand.run(exchange, CHAIN.logging);
  assert.deepEqual(stand.messages(), []);
});

test("code that outlives its hook cannot use up the timers of others", async () => {
  using stand = new LaneStand(`
    requestFilter() {
      void (async () => { await null; for (let i = 0; i < 1000; i++) setTimeout(() => {}, 1); })();
    },
    async logging() {
      await new Promise((done) => setTimeout(done, 1));
      log.info("waited");
    }`);
  for (let i = 0; i < 12; i++) await stand.run(stand.exchange(), CHAIN.request);
  await stand.run(stand.exchange(), CHAIN.logging);
  const refused =
    "unhandled rejection: AbortError: setTimeout: the hook that it belongs to is over";
  const said = stand.messages().map((message) => message.split("\n")[0]);
  assert.deepEqual(said, [...Array(12).fill(refused), "waited"]);
});

test("a cancelled hook never goes on, and the next hook sees the ctx so far", async () => {
  using stand = new LaneStand(`
    newCtx: () => ({ steps: ["newCtx"] }),
    async requestFilter(_session, ctx) {
      ctx.steps.push("before");
      log.info("waiting");
      await new Promise((done) => setTimeout(done, 1_000));
      ctx.steps.push("after");
      log.info("went on");
    },
    async logging(_session, ctx) {
      await new Promise((done) => setTimeout(done, 1_200));
      log.info(ctx.steps.join());
    }`);
  const exchange = stand.exchange();
  const running = runPhases(exchange, { layer: exchange, chain: CHAIN.request, chunk: null }, () =>
    assert.fail("it was cancelled"),
  );
  while (stand.lines.length === 0) await new Promise((resolve) => setImmediate(resolve));
  running?.cancel();
  await stand.run(exchange, CHAIN.logging);
  assert.deepEqual(stand.messages(), ["waiting", "newCtx,before"]);
});
