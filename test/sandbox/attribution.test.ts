// Whatever goes on when another request's hook wakes it goes on as its own request: its log lines,
// its time, what it asks of the host, its end.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAIN } from "../../src/phases/table.ts";
import { answerText, LaneStand } from "./lane-stand.ts";

/** Ways to wait for `gate`, which another request opens. Each tells `seen` when it goes on. */
const WAYS: Readonly<Record<string, string>> = {
  "an await": "await gate; seen();",
  "an await of what was awaited": "await (await gate, gate); seen();",
  "an async function's result": "await (async () => gate)(); seen();",
  "a returned promise": "const get = async () => { return gate; }; await get(); seen();",
  "a reaction": "await gate.then(seen);",
  "a reaction behind others": "await gate.then().catch(() => {}).finally(seen);",
  "a rejection that is caught": "try { await gate.then(() => { throw 1; }); } catch { seen(); }",
  "a rejection of another's": "try { await closed; } catch { seen(); }",
  "a reaction to a rejection": "await closed.catch(seen);",
  "several promises": "await Promise.all([gate, 1, gate]); seen();",
  "the first of several": "await Promise.race([gate, new Promise(() => {})]); seen();",
  "any of several": "await Promise.any([closed, gate]); seen();",
  "all, whatever becomes of them": "await Promise.allSettled([gate, closed]); seen();",
  "a promise that follows another": "await new Promise((done) => done(gate)); seen();",
  "a thenable": "await { then: (done) => gate.then(done) }; seen();",
  "a thenable's own code": "await { then: (done) => gate.then(() => { seen(); done(); }) };",
  "a subclass": "class Own extends Promise {}; await Own.resolve(gate).then(seen);",
  "a function that is tried": "await Promise.try(() => gate); seen();",
  "for await over promises": "for await (const _ of [gate]) seen();",
  "for await over a generator":
    "for await (const _ of (async function* () { yield gate; })()) seen();",
  "a generator's own code":
    "for await (const _ of (async function* () { await gate; seen(); })());",
  "a generator that delegates": `const inner = async function* () { await gate; yield 1; };
    for await (const _ of (async function* () { yield* inner(); seen(); })());`,
  "a generator that delegates to a list": `
    for await (const _ of (async function* () { yield* [gate]; })()) seen();`,
  "a generator that returns": `
    const made = (async function* () { try { yield 1; } finally { seen(); } })();
    await made.next(); await made.return(gate);`,
  "a generator that all share": "await shared.next(); seen();",
  "a list made of promises": "await Array.fromAsync([gate], seen);",
  "a list made of few": "await Array.fromAsync({ length: 1, 0: gate }, seen);",
  "a stack of what is to be disposed of": `const stack = new AsyncDisposableStack();
    stack.defer(seen); stack.defer(() => gate); await stack.disposeAsync();`,
  "a microtask after it":
    "await gate; await new Promise((done) => queueMicrotask(() => { seen(); done(); }));",
  "a module's own function": "await behindGate(); seen();",
  "a promise, behind a fetch under way": "const own = asks(); await gate; seen(); await own;",
  "a settled promise, behind a fetch under way":
    "const own = asks(); await Promise.resolve(); seen(); await own; await gate;",
  "nothing, behind a fetch under way":
    "const own = asks(); await 0; seen(); await own; await gate;",
  "a thenable's own code, behind a fetch under way": `const own = asks();
    await { then: (done) => { seen(); done(); } }; await own; await gate;`,
  "a promise of a thenable by another name, behind a fetch under way": `const own = asks();
    const P = Promise; await new P((done) => done({ then: (wake) => { seen(); wake(); } }));
    await own; await gate;`,
  "a promise by another name of what others settle, behind a fetch under way": `const own = asks();
    const P = Promise; await new P((done) => done(gate)); seen(); await own;`,
  "a list one of whose promises is rejected, and that is closed": `let isClosed = false;
    const steps = { [Symbol.iterator]: () => steps, next: () => ({ value: closed }),
      return() { isClosed = true; seen(); return {}; } };
    try { for await (const _ of steps); } catch { if (!isClosed) seen(); }`,
  "a compiler's promise of a thenable, behind a fetch under way": `const own = asks(); let P;
    await new (P || (P = Promise))((done) => done({ then: (wake) => { seen(); wake(); } }));
    await own; await gate;`,
};

const BEFORE = `
  const { promise: gate, resolve: open } = Promise.withResolvers();
  const { promise: closed, reject: close } = Promise.withResolvers();
  closed.catch(() => {});
  const shared = (async function* () { for (;;) { await gate; yield 1; } })();
  async function behindGate() { await gate; }
  async function asks() { try { await fetch("http://origin.example/"); } catch {} }
`;

for (const [title, wait] of Object.entries(WAYS)) {
  test(`what waits for ${title} goes on as its own request`, async () => {
    using stand = new LaneStand(
      `async requestFilter({ request: { target } }) {
        const seen = () => log.info(target);
        if (target === "/opens") { open(); close(new Error("closed")); log.info(target); return; }
        ${wait}
        log.info(target);
        await new Promise((done) => setTimeout(done, 1));
        log.info(target);
        return new Response(target);
      }`,
      { before: BEFORE },
    );
    const targets = ["/a", "/b", "/c"];
    const exchanges = [...targets, "/opens"].map((target) => stand.exchange(target));
    const outcomes = await Promise.all(exchanges.map((one) => stand.run(one, CHAIN.request)));
    assert.deepEqual(outcomes.map(answerText), [...targets, null]);
    const lines = stand.lines.map(({ message, fields }) => [message, fields.id]);
    const own = new Map(exchanges.map(({ target, id }) => [target, id]));
    assert.deepEqual(
      lines,
      lines.map(([message]) => [message, own.get(message ?? "")]),
    );
    assert.equal(lines.length, 3 * targets.length + 1);
    assert.deepEqual(stand.strays, []);
  });
}

test("what a hook leaves for a microtask, and does not wait for, goes on as its own request", async () => {
  using stand = new LaneStand(`
    requestFilter({ request: { target } }) {
      queueMicrotask(() => log.info(target));
    }`);
  const exchanges = ["/a", "/b", "/c"].map((target) => stand.exchange(target));
  await Promise.all(exchanges.map((one) => stand.run(one, CHAIN.request)));
  assert.deepEqual(
    stand.lines.map(({ message, fields }) => [message, fields.id]),
    exchanges.map(({ target, id }) => [target, id]),
  );
});

test("the body that a hook asks for after another's wake is its own", async () => {
  using stand = new LaneStand(
    `async requestFilter({ request }) {
      if (request.target === "/opens") { open(); await new Promise((done) => setTimeout(done, 5)); }
      else await gate;
      return new Response(await request.text());
    }`,
    { before: BEFORE },
  );
  const waiting = Array.from({ length: 20 }, (_, i) => stand.exchange(`/${i}`));
  const exchanges = [...waiting, stand.exchange("/opens")];
  const outcomes = exchanges.map((exchange) => {
    exchange.readBody = (_bytesMax, done) => done(null, Buffer.from(exchange.target));
    return stand.run(exchange, CHAIN.request);
  });
  assert.deepEqual(
    (await Promise.all(outcomes)).map(answerText),
    exchanges.map(({ target }) => target),
  );
});

test("a body is asked for by the session's own call, whoever asks", async () => {
  using stand = new LaneStand(
    `async requestFilter({ request }) {
      if (request.target === "/asks") return new Response(await other.text());
      other = request;
      await new Promise((done) => setTimeout(done, 20));
    }`,
    { before: "let other;" },
  );
  const [owner, asks] = [stand.exchange("/owner"), stand.exchange("/asks")];
  for (const exchange of [owner, asks]) {
    exchange.readBody = (_bytesMax, done) => done(null, Buffer.from(exchange.target));
  }
  const outcomes = [owner, asks].map((exchange) => stand.run(exchange, CHAIN.request));
  assert.equal(answerText(await (outcomes[1] ?? assert.fail())), "/owner");
});

test("twenty requests share one flight, and each goes on with a timer of its own", async () => {
  using stand = new LaneStand(
    `async requestFilter({ request }) {
      flight ??= load();
      const value = await flight;
      await new Promise((done) => setTimeout(done, 5));
      return new Response(request.target + value);
    }`,
    {
      before: `let flight;
        const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
        const load = async () => { await sleep(5); return "!"; };`,
      hookWallMs: 5_000,
    },
  );
  const exchanges = Array.from({ length: 20 }, (_, i) => stand.exchange(`/${i}`));
  const outcomes = await Promise.all(exchanges.map((one) => stand.run(one, CHAIN.request)));
  assert.deepEqual(
    outcomes.map(answerText),
    exchanges.map(({ target }) => `${target}!`),
  );
});

/** Uses the processor for some milliseconds, and not in the interpreter, however slow V8 is. */
const BUSY = `
  const busy = (rounds) => {
    let n = 0;
    for (let i = 0; i < rounds * 1e6; i++) n += i % 7;
    return n;
  };
  for (let i = 0; i < 50; i++) busy(0.02);
`;

test("each of many that one promise wakes has its own time, and the opener keeps its own", async () => {
  using stand = new LaneStand(
    `async requestFilter({ request }) {
      if (request.target === "/opens") { open(); return new Response("opened"); }
      await gate;
      busy(4);
      return new Response("done");
    }`,
    { before: BEFORE + BUSY, hookMs: 60 },
  );
  const targets = [...Array.from({ length: 100 }, () => "/waits"), "/opens"];
  const outcomes = await Promise.all(
    targets.map((target) => stand.run(stand.exchange(target), CHAIN.request)),
  );
  assert.deepEqual(
    outcomes.map(answerText),
    targets.map((target) => (target === "/opens" ? "opened" : "done")),
  );
  assert.deepEqual(stand.deaths, []);
});

test("who loops after another's wake is ended, and not who woke it", async () => {
  using stand = new LaneStand(
    `async requestFilter({ request }) {
      if (request.target === "/opens") {
        open();
        await new Promise((done) => setTimeout(done, 1));
        return new Response("opened");
      }
      if (request.target === "/waits") await gate;
      for (;;);
    }`,
    { before: BEFORE, hookMs: 60 },
  );
  // the one that may have been held up, once a minute
  await stand.run(stand.exchange("/loops"), CHAIN.request);
  const [loops, opens] = [stand.exchange("/waits"), stand.exchange("/opens")];
  const outcomes = [loops, opens].map((one) => stand.run(one, CHAIN.request));
  const [looped, opened] = await Promise.all(outcomes);
  assert.equal(looped?.error?.code, "script_timeout");
  assert.equal(opened && answerText(opened), "opened");
});

test("the processor time of what another's wake sets going is its own request's", async () => {
  using stand = new LaneStand(
    `async requestFilter({ request }) {
      if (request.target === "/opens") { open(); return new Response("opened"); }
      await gate;
      busy(60);
      return new Response("done");
    }`,
    { before: BEFORE + BUSY, hookMs: 10_000, requestCpuMs: 60_000 },
  );
  const [waits, opens] = [stand.exchange("/waits"), stand.exchange("/opens")];
  await Promise.all([waits, opens].map((one) => stand.run(one, CHAIN.request)));
  const usedMs = [waits, opens].map(({ used }) => used?.cpuMs ?? 0);
  assert.ok((usedMs[0] ?? 0) >= 5, `${usedMs}`);
  assert.ok((usedMs[1] ?? 0) < (usedMs[0] ?? 0) / 2, `${usedMs}`);
});
