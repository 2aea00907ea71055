// ctx between the hooks: it must be JSON, and what is not is named with its path.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAIN } from "../../src/phases/table.ts";
import { LaneStand } from "../sandbox/lane-stand.ts";

const NOT_JSON: Readonly<Record<string, readonly [string, string]>> = {
  "a Set": ["{ user: { tags: new Set() } }", "ctx.user.tags is a Set"],
  "a Map in a list": ["{ list: [1, new Map()] }", "ctx.list[1] is a Map"],
  "a Date": ['{ "not an id": new Date(0) }', 'ctx["not an id"] is a Date'],
  NaN: ["{ n: NaN }", "ctx.n is NaN"],
  Infinity: ["{ n: -Infinity }", "ctx.n is -Infinity"],
  "a bigint": ["{ n: 5n }", "ctx.n is a bigint"],
  "a function": ["{ toJSON() {} }", "ctx.toJSON is a function"],
  "a symbol": ["{ s: Symbol() }", "ctx.s is a symbol"],
  "undefined in a list": ["{ list: [undefined] }", "ctx.list[0] is undefined"],
  "a hole in a list": ["{ list: [1, , 2] }", "ctx.list[1] is undefined"],
  "an instance of a class": ["{ a: new (class Account {})() }", "ctx.a is an instance of Account"],
  "a typed array but Uint8Array": ["{ b: new Int8Array(2) }", "ctx.b is a Int8Array"],
  "a buffer": ["{ b: new ArrayBuffer(2) }", "ctx.b is a ArrayBuffer"],
  "a promise": ["{ p: Promise.resolve() }", "ctx.p is a Promise"],
};

for (const [title, [made, message]] of Object.entries(NOT_JSON)) {
  test(`${title} is refused, by the name of the hook`, async () => {
    using stand = new LaneStand(
      `newCtx: () => (${made}), requestFilter() {}, upstreamPeer: () => "never"`,
    );
    const { error, choice } = await stand.run(stand.exchange(), CHAIN.request);
    assert.equal(error?.code, "script_ctx");
    assert.equal(error?.message, `script of tenant demo (v1), newCtx: ${message}`);
    assert.equal(choice, null);
  });
}

test("a cycle is refused", async () => {
  using stand = new LaneStand("requestFilter(_session, ctx) { ctx.self = ctx; }");
  const { error } = await stand.run(stand.exchange(), CHAIN.request);
  assert.match(error?.message ?? "", /requestFilter: ctx(?:\.self)+ is a cycle/);
});

test("the error names the hook also after a thousand calls that went well", async () => {
  using stand = new LaneStand(`
    requestFilter(session, ctx) { if (session.request.target === "/bad") ctx.bad = new Set(); },
    proxyUpstreamFilter() {},
    upstreamPeer: () => "stable"`);
  const good = Array.from({ length: 1000 }, () => stand.run(stand.exchange(), CHAIN.request));
  assert.ok((await Promise.all(good)).every(({ choice }) => choice === '"stable"'));
  const { error } = await stand.run(stand.exchange("/bad"), CHAIN.request);
  assert.match(error?.message ?? "", /\brequestFilter: ctx\.bad is a Set$/);
});

test("a ctx of 2^60 references to one list is refused without being written", async () => {
  using stand = new LaneStand(`
    newCtx() {
      let list = ["x"];
      for (let i = 0; i < 60; i++) list = [list, list];
      return { list };
    },
    requestFilter() {}`);
  const { error } = await stand.run(stand.exchange(), CHAIN.request);
  assert.match(error?.message ?? "", /ctx has over 4194304 characters as JSON, of at most 1048576/);
});

test("a function that the script hung on Object.prototype is no part of any ctx", async () => {
  using stand = new LaneStand(
    "newCtx: () => ({ n: 1 }), requestFilter(_session, ctx) { ctx.n++; }",
    { before: "Object.prototype.twice = function () { return 2; };" },
  );
  const exchange = stand.exchange();
  assert.equal((await stand.run(exchange, CHAIN.request)).error, null);
  assert.equal(exchange.ctx, '{"n":2}');
});

test("every JSON value survives from hook to hook as it was", async () => {
  const value = { a: [1, -2.5, 1e300, "", "é🙂\u2028\ud800", null, true, { "": {} }], __proto: 1 };
  using stand = new LaneStand(`
    newCtx: () => (${JSON.stringify(value)}),
    requestFilter(session, ctx) { ctx.seen = 1; ctx.gone = undefined; },
    logging(_session, ctx) { log.info(JSON.stringify(ctx)); }`);
  const exchange = stand.exchange();
  await stand.run(exchange, CHAIN.request);
  assert.match(exchange.ctx, /^[\0-\x7f]*$/);
  await stand.run(exchange, CHAIN.logging);
  assert.deepEqual(JSON.parse(stand.messages()[0] ?? ""), { ...value, seen: 1 });
});

test("bytes survive from hook to hook, and strings that look like their text", async () => {
  using stand = new LaneStand(`
    newCtx: () => ({
      parts: [new Uint8Array([0, 255]), new Uint8Array()],
      deep: { ["__proto__"]: new Uint8Array([1]) },
      strings: ["\\0", "\\0bAAAA", "\\0s", "\\\\u0000", "b"],
    }),
    requestFilter(_session, ctx) { ctx.parts.push(new Uint8Array([1, 2, 3]).subarray(1)); },
    logging(_session, { parts, deep, strings }) {
      const bytes = [...parts, Object.getOwnPropertyDescriptor(deep, "__proto__").value];
      log.info(JSON.stringify(bytes.map((one) => [one instanceof Uint8Array, ...one])));
      log.info(JSON.stringify(strings));
    }`);
  const exchange = stand.exchange();
  await stand.run(exchange, CHAIN.request);
  await stand.run(exchange, CHAIN.logging);
  const [bytes = "", strings = ""] = stand.messages();
  assert.deepEqual(JSON.parse(bytes), [[true, 0, 255], [true], [true, 2, 3], [true, 1]]);
  assert.deepEqual(JSON.parse(strings), ["\0", "\0bAAAA", "\0s", "\\u0000", "b"]);
});

test("bytes count as their text, and need nothing that a script may have replaced", async () => {
  const before = `
    Uint8Array.prototype.toBase64 = Uint8Array.fromBase64 = () => { throw new Error("mine"); };
    Object.defineProperty(Uint8Array.prototype, "toJSON", { value: () => "mine" });`;
  using stand = new LaneStand(
    `requestFilter({ request }, ctx) {
      ctx.bytes = new Uint8Array(Number(request.target.slice(1)));
    },
    logging(_session, ctx) { log.info("" + ctx.bytes.length); }`,
    { before },
  );
  const exchange = stand.exchange("/700000");
  assert.equal((await stand.run(exchange, CHAIN.request)).error, null);
  await stand.run(exchange, CHAIN.logging);
  assert.deepEqual(stand.messages(), ["700000"]);
  const { error } = await stand.run(stand.exchange("/800000"), CHAIN.request);
  assert.match(error?.message ?? "", /ctx has 10666\d\d characters as JSON, of at most 1048576/);
});

test("edits of ctx after a hook has returned are dropped", async () => {
  using stand = new LaneStand(`
    newCtx: () => ({ n: 1 }),
    requestFilter(_session, ctx) { Promise.resolve().then(() => { ctx.n = 2; }); },
    logging(_session, ctx) { log.info("n " + ctx.n); }`);
  const exchange = stand.exchange();
  await stand.run(exchange, CHAIN.request);
  await stand.run(exchange, CHAIN.logging);
  assert.deepEqual(stand.messages(), ["n 1"]);
});

test("newCtx gets no session", async () => {
  using stand = new LaneStand(`
    newCtx: (...given) => ({ given: given.length }),
    requestFilter(_session, ctx) { log.info("given " + ctx.given); }`);
  await stand.run(stand.exchange(), CHAIN.request);
  assert.deepEqual(stand.messages(), ["given 0"]);
});

test("without a ctx no hook runs: a newCtx that fails is the end of it", async () => {
  using stand = new LaneStand(`
    newCtx() { throw new Error("no ctx"); },
    failToProxy() { log.info("failToProxy"); },
    logging() { log.info("logging"); }`);
  const exchange = stand.exchange();
  const { error } = await stand.run(exchange, CHAIN.request);
  assert.equal(error?.code, "script_error");
  await stand.run(exchange, CHAIN.failToProxy);
  await stand.run(exchange, CHAIN.logging);
  assert.deepEqual(stand.messages(), []);
  assert.deepEqual(stand.failures, ["newCtx script_error"]);
});

test("with fail-open a newCtx that fails leaves the empty ctx", async () => {
  using stand = new LaneStand(
    `newCtx() { throw new Error("no ctx"); },
    upstreamPeer(_session, ctx) { return JSON.stringify(ctx); }`,
    { failOpen: true },
  );
  const { choice } = await stand.run(stand.exchange(), CHAIN.request);
  assert.equal(choice, '"{}"');
});

test("after a hook was killed the hooks that follow have the ctx of newCtx", async () => {
  using stand = new LaneStand(
    `newCtx: () => ({ user: { id: 7 } }),
    requestFilter() { for (;;); },
    logging(_session, ctx) { log.info("user " + ctx.user.id); }`,
    { hookMs: 200 },
  );
  const exchange = stand.exchange();
  const { error } = await stand.run(exchange, CHAIN.request);
  assert.equal(error?.code, "script_timeout");
  await stand.run(exchange, CHAIN.logging);
  assert.deepEqual(stand.messages(), ["user 7"]);
});

test("with fail-open a killed hook costs the others of its chain nothing", async () => {
  using stand = new LaneStand(
    `newCtx: () => ({ seen: [] }),
    earlyRequestFilter(session, ctx) { ctx.seen.push("early"); session.options.maxRetries = 3; },
    requestFilter() { for (;;); },
    upstreamPeer(_session, ctx) { return ctx.seen.join(); }`,
    { hookMs: 200, failOpen: true },
  );
  const exchange = stand.exchange();
  const { choice, error } = await stand.run(exchange, CHAIN.request);
  assert.equal(error, null);
  assert.equal(choice, '"early"');
  assert.deepEqual(exchange.options, { maxRetries: 3 });
});
