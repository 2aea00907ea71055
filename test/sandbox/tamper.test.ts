// A script shares its realm with our runtime, so it can replace every builtin that the runtime
// uses. What it breaks is its own: the host takes no harm, and neither does a tenant beside it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAIN } from "../../src/phases/table.ts";
import { answerText, LaneStand } from "./lane-stand.ts";

const HOOKS = `
  newCtx: () => ({ list: [1, "two", { three: null }] }),
  requestFilter(session, ctx) {
    session.request.headers.set("x-edit", "1");
    session.request.target = "/edited";
    log.info("hello", { a: [1] });
    if (session.request.headers.get("x-mode") === "throw") throw new TypeError("thrown");
    if (session.request.headers.get("x-mode") === "ctx") ctx.bad = new Date(0);
  },
  async proxyUpstreamFilter() {
    await new Promise((done) => setTimeout(done, 0));
    return new Response(new Uint8Array([1, 2, 3]), { headers: { "x-own": "yes" } });
  }`;

const trap = "() => { throw new Error('poisoned'); }";
const accessors = `{ configurable: true, set: ${trap}, get: ${trap} }`;

/** Statements that a script may begin with. */
const POISONS: Readonly<Record<string, string>> = {
  "Array.prototype": `for (const key of Reflect.ownKeys(Array.prototype))
    if (key !== "constructor" && key !== "length") Array.prototype[key] = ${trap};`,
  JSON: `JSON.stringify = JSON.parse = ${trap};`,
  "Promise.prototype.then": `Promise.prototype.then = Promise.prototype.catch = ${trap};`,
  "setters on Object.prototype": `for (const key of ["name", "value", "text",
      "id", "headers", "status", "done", "request", "client", "0", "owner", "run",
      "settle", "get", "message", "stack", "code"])
    Object.defineProperty(Object.prototype, key, ${accessors});`,
  "setters for the indexes of arrays": `for (const key of ["0", "1", "2"])
    Object.defineProperty(Array.prototype, key, ${accessors});`,
  "Symbol.iterator": `Array.prototype[Symbol.iterator] = String.prototype[Symbol.iterator] =
    Map.prototype[Symbol.iterator] = ${trap};`,
  "RegExp.prototype": `RegExp.prototype.exec = RegExp.prototype.test =
    RegExp.prototype[Symbol.replace] = RegExp.prototype[Symbol.match] = ${trap};`,
  "String.prototype": `for (const key of Reflect.ownKeys(String.prototype))
    if (key !== "constructor" && key !== "length") String.prototype[key] = ${trap};`,
  "Map.prototype and Set.prototype": `for (const key of ["get", "set", "has", "delete",
    "add", "forEach"])
    Map.prototype[key] = Set.prototype[key] = WeakSet.prototype[key] = ${trap};`,
  Reflect: `Reflect.apply = Reflect.construct = Reflect.ownKeys = ${trap};`,
  "Function.prototype": `const { prototype } = Function;
    prototype.call = prototype.apply = prototype.bind = ${trap};`,
  "Symbol.hasInstance": `for (const one of [Error, TypeError, Response, Headers,
    Uint8Array, ArrayBuffer])
    Object.defineProperty(one, Symbol.hasInstance, { value: ${trap} });`,
  "instances of everything": `for (const one of [Error, Response, Headers])
    Object.defineProperty(one, Symbol.hasInstance, { value: () => true });`,
  "views and their getters": `const proto = Object.getPrototypeOf(Uint8Array.prototype);
    for (const key of ["buffer", "length", "byteLength", "byteOffset"])
      Object.defineProperty(proto, key, { get: ${trap} });
    proto.set = proto.subarray = proto.slice = ${trap};`,
  "the buffers of bytes": `Object.defineProperty(
    Object.getPrototypeOf(Uint8Array.prototype), "buffer", { get: () => new ArrayBuffer(1) });`,
  "the global object": `for (const key of Object.getOwnPropertyNames(globalThis))
    if (key !== "setTimeout" && key !== "Response" && key !== "Uint8Array" && key !== "Promise" &&
      key !== "Error" && key !== "TypeError" && key !== "Date")
      try { globalThis[key] = undefined; } catch {}`,
};

async function callAll(stand: LaneStand): Promise<(string | null)[]> {
  const modes = ["plain", "throw", "ctx", "plain"];
  return await Promise.all(
    modes.map(async (mode) => {
      const exchange = stand.exchange("/", `Host: a.example\r\nX-Mode: ${mode}\r\n`);
      const outcome = await stand.run(exchange, CHAIN.request);
      if (outcome.error !== null) return outcome.error.code;
      return outcome.answer?.body.toString("hex") ?? null;
    }),
  );
}

const EXPECTED = ["010203", "script_error", "script_ctx", "010203"];
const CODES = new Set([...EXPECTED, "script_result", "script_lost"]);

for (const [title, before] of Object.entries(POISONS)) {
  test(`after poisoning ${title} every call is settled, and the host goes on`, async () => {
    using neighbour = new LaneStand(HOOKS);
    using poisoned = new LaneStand(`${HOOKS}, earlyRequestFilter() { poison(); }`, {
      before: `let isPoisoned = false;
        const poison = () => { if (!isPoisoned) { isPoisoned = true; ${before} } };`,
      hookWallMs: 5_000,
    });
    for (const outcome of await callAll(poisoned))
      assert.ok(CODES.has(outcome ?? ""), `${outcome}`);
    assert.deepEqual(await callAll(neighbour), EXPECTED);
    assert.ok(
      poisoned.failures.every((text) => !text.includes("script_timeout")),
      "a call hung",
    );
  });
}

test("setters for the indexes of arrays see nothing of what is asked for, however much that is", async () => {
  using stand = new LaneStand(
    `async requestFilter() {
      const timers = [];
      for (let i = 0; i < 40; i++) timers.push(new Promise((done) => setTimeout(done, 0)));
      if (!isPoisoned) {
        isPoisoned = true;
        for (let key = 48; key < 400; key++) {
          const kept = {};
          const set = (one) => {
            if (one !== null) seen++;
            kept.one = one;
          };
          Object.defineProperty(Array.prototype, key, { set, get: () => kept.one });
        }
      }
      await Promise.all(timers);
      return new Response(String(seen));
    }`,
    { before: "let isPoisoned = false; let seen = 0;", hookWallMs: 5_000 },
  );
  const exchanges = Array.from({ length: 5 }, () => stand.exchange());
  const outcomes = await Promise.all(exchanges.map((one) => stand.run(one, CHAIN.request)));
  assert.deepEqual(outcomes.map(answerText), Array(5).fill("0"));
});
