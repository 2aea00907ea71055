// The `then` of an object of the script's own, which the engine runs by itself: it runs as the
// request whose code a promise was resolved with it by.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAIN } from "../../src/phases/table.ts";
import { LaneStand } from "./lane-stand.ts";

/** Ways to the `then` of `own`, an object of the script's, that the engine takes by itself. */
const THENS: Readonly<Record<string, string>> = {
  "a promise": "new Promise((done) => done(own));",
  "a promise by another name": "const P = Promise; new P((done) => done(own));",
  "a promise by no name": "const P = (async () => {})().constructor; new P((done) => done(own));",
  "a promise of the global object": "new globalThis.Promise((done) => done(own));",
  "a bound maker of promises": "new (Promise.bind(null))((done) => done(own));",
  "a promise that is constructed": "Reflect.construct(Promise, [(done) => done(own)]);",
  "a subclass": "new (class extends Promise {})((done) => done(own));",
  "Promise.resolve": "Promise.resolve(own);",
  "Promise.resolve of a subclass": "(class extends Promise {}).resolve(own);",
  "Promise.withResolvers": "Promise.withResolvers().resolve(own);",
  "Promise.withResolvers of a subclass":
    "Promise.withResolvers.call(class extends Promise {}).resolve(own);",
  "Promise.try": "Promise.try(() => own);",
  "Promise.all": "Promise.all([own]);",
  "Promise.allSettled": "Promise.allSettled([own]);",
  "Promise.any": "Promise.any([own]);",
  "Promise.race": "Promise.race([own]);",
  "a race whose runner resolves it": `
    class Own extends Promise { static resolve() { return { then: (done) => done(own) }; } }
    Own.race([1]);`,
  "an await": "(async () => { await own; })();",
  "an async function's result": "(async () => own)();",
  "a reaction's result": "Promise.resolve().then(() => own);",
  "the last reaction's result": "Promise.resolve().finally(() => own);",
  "a generator that yields": "(async function* () { yield own; })().next();",
  "a generator that returns": "(async function* () { return own; })().next();",
  "a generator that is ended": "(async function* () {})().return(own);",
  "a generator that delegates": "(async function* () { yield* [own]; })().next();",
  "a loop": "(async () => { for await (const _ of [own]); })();",
  "a list": "Array.fromAsync([own]);",
  "what is disposed of": `const stack = new AsyncDisposableStack();
    stack.defer(() => own); stack.disposeAsync();`,
  "an iterator that is disposed of": `
    const protoOf = Object.getPrototypeOf;
    const prototype = protoOf(protoOf((async function* () {}).prototype));
    prototype[Symbol.asyncDispose]?.call({ return: () => own }) ?? Promise.resolve(own);`,
  "a getter": "new Promise((done) => done({ get then() { return own.then; } }));",
  "a proxy": `new (class extends Promise {})((done) =>
    done(new Proxy({}, { get: () => own.then })));`,
  "a resolver that another request has kept": `const resolve = kept;
    kept = null;
    if (resolve) resolve(own);
    else {
      new Promise((done) => done(own));
      (async () => { await { then: (done) => { kept = done; } }; })();
    }`,
  "an imported module": `import("none").catch(() => own);`,
  "a getter in ctx": `Object.defineProperty(ctx, "told", { enumerable: true, get: () => {
    const P = Promise; new P((done) => done(own)); return 1; } });`,
};

test("the then of an object runs as the request that resolved with it, however the engine comes to it", async () => {
  const ways = Object.entries(THENS).map(
    ([title, code]) => `${JSON.stringify(title)}: (own, ctx) => { ${code} }`,
  );
  using stand = new LaneStand(
    `newCtx: () => ({}),
    requestFilter({ request: { target, headers } }, ctx) {
      let isOver = false;
      const own = { then(done) { if (!isOver) log.info(target); isOver = true; done?.(); } };
      ways[headers.get("x-way")]?.(own, ctx);
    }`,
    { before: `let kept; const ways = { ${ways.join(",\n")} };` },
  );
  for (const title of Object.keys(THENS)) {
    const headers = `Host: a.example\r\nx-way: ${title}\r\n`;
    const exchanges = ["/a", "/b", "/c"].map((target) => stand.exchange(target, headers));
    const from = stand.lines.length;
    await Promise.all(exchanges.map((one) => stand.run(one, CHAIN.request)));
    assert.deepEqual(
      stand.lines.slice(from).map(({ message, fields }) => [message, fields.id]),
      exchanges.map(({ target, id }) => [target, id]),
      title,
    );
  }
});

test("what a getter in ctx leaves goes on as its own request", async () => {
  using stand = new LaneStand(
    `newCtx: () => ({}),
    async requestFilter({ request: { target } }, ctx) {
      let isTold = false;
      const own = { then() { if (!isTold) log.info(target); isTold = true; } };
      Object.defineProperty(ctx, "told", {
        enumerable: true,
        get: () => { const P = Promise; new P((done) => done(own)); return 1; },
      });
      try { await fetch("http://origin.example/"); } catch {}
    }`,
  );
  const exchanges = ["/a", "/b", "/c"].map((target) => stand.exchange(target));
  await Promise.all(exchanges.map((one) => stand.run(one, CHAIN.request)));
  assert.deepEqual(
    stand.lines.map(({ message, fields }) => [message, fields.id]),
    exchanges.map(({ target, id }) => [target, id]),
  );
});
