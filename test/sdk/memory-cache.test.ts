// memoryCache as scripts use it: what comes back of what was set, and what may not be asked.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAIN } from "../../src/phases/table.ts";
import { answerText, LaneStand } from "../sandbox/lane-stand.ts";

/** What the expression is inside a hook, as JSON; what it throws, as text. */
const hook = (expression: string): string => `async requestFilter(session) {
  const { get, set, delete: remove, getOrSet } = memoryCache;
  const times = { ttlMs: 60000 };
  const thrown = async (run) => {
    try { return await run(); } catch (error) { return error.name + ": " + error.message; }
  };
  return Response.json(await thrown(async () => ${expression}) ?? null);
}`;

async function evaluate(expression: string): Promise<unknown> {
  using stand = new LaneStand(hook(expression));
  return await answerOf(stand);
}

async function answerOf(stand: LaneStand): Promise<unknown> {
  const outcome = await stand.run(stand.exchange(), CHAIN.request);
  assert.equal(outcome.error, null);
  return JSON.parse(answerText(outcome) ?? "");
}

const VALUES = [
  ...['"text"', '"\\u00e9\\ud83d\\ude00\\n"', "0", "null", "false", "[]", "{}"],
  '{ a: [1, { "b c": null }], ["__proto__"]: 2 }',
];

for (const value of VALUES) {
  test(`${value} comes back as it was set`, async () => {
    const found = await evaluate(`(async () => {
      await set("k", ${value}, times);
      return JSON.stringify([await get("k"), ${value}]);
    })()`);
    const [came, was] = JSON.parse(String(found));
    assert.deepEqual(came, was);
  });
}

test("bytes come back as bytes, alone and within JSON, and as a copy", async () => {
  const found = await evaluate(`(async () => {
    const bytes = Uint8Array.of(0, 255, 7);
    await set("a", bytes, times);
    await set("b", { of: [bytes], text: "\\0" }, times);
    bytes[0] = 1;
    const [a, b] = [await get("a"), await get("b")];
    a[1] = 9;
    return [[...a], a instanceof Uint8Array, [...b.of[0]], b.text, [...(await get("a"))]];
  })()`);
  assert.deepEqual(found, [[0, 9, 7], true, [0, 255, 7], "\0", [0, 255, 7]]);
});

test("a miss is undefined, also once a key is deleted", async () => {
  const found = await evaluate(`(async () => {
    const before = await get("k");
    await set("k", 1, times);
    const set1 = await get("k");
    return [before === undefined, set1, await remove("k") === undefined, await get("k") ?? "none"];
  })()`);
  assert.deepEqual(found, [true, 1, true, "none"]);
});

test("keys are what they are, whatever their names", async () => {
  const keys = [
    "__proto__",
    "constructor",
    "../other",
    "\0",
    "",
    "\ud800",
    "a\nb",
    "é".repeat(512),
  ];
  const found = await evaluate(`(async () => {
    const keys = ${JSON.stringify(keys)};
    for (const key of keys) await set(key, key.length, times);
    return await Promise.all(keys.map((key) => get(key)));
  })()`);
  assert.deepEqual(
    found,
    keys.map((key) => key.length),
  );
});

test("getOrSet calls its loader once, and keeps null", async () => {
  const found = await evaluate(`(async () => {
    let calls = 0;
    const load = async () => { calls++; await 0; return null; };
    const all = [getOrSet("k", times, load), getOrSet("k", times, load)];
    return [await Promise.all(all), await getOrSet("k", times, load), calls];
  })()`);
  assert.deepEqual(found, [[null, null], null, 1]);
});

test("what a loader throws is its own request's, and the next loads", async () => {
  const found = await evaluate(`(async () => {
    const failing = thrown(() => getOrSet("k", times, () => { throw new RangeError("no"); }));
    const fail = async () => { await 0; throw new Error("never"); };
    const late = thrown(() => getOrSet("k", times, fail));
    return [await failing, await late, await getOrSet("k", times, () => 3)];
  })()`);
  assert.deepEqual(found, ["RangeError: no", "Error: never", 3]);
});

test("the old value is given while one request loads, behind its answer", async () => {
  using stand = new LaneStand(
    hook(`getOrSet("k", { ttlMs: 1, staleMs: 60000 }, () => counter("loads").incr())`),
  );
  assert.equal(await answerOf(stand), 1);
  const start = performance.now();
  while (performance.now() - start < 2);
  assert.equal(await answerOf(stand), 1);
  assert.equal(stand.count("loads"), 2);
  assert.deepEqual(stand.messages(), []);
});

const REFUSED = {
  'getOrSet("k", times, () => getOrSet("k", times, () => 1))':
    'TypeError: getOrSet: the loader of "k" asks for "k"',
  'getOrSet("k", times, () => undefined)':
    "TypeError: getOrSet: what the loader made is undefined: " +
    "expected JSON or bytes, or null for what is not there",
  'getOrSet("k", times)': "TypeError: getOrSet: expected a loader, a function; got undefined",
  'getOrSet("k", {}, () => 1)':
    "RangeError: getOrSet: ttlMs: expected a whole number from 1 to 2592000000, got undefined",
  'set("k", { a: [new Set()] }, times)': "TypeError: set: the value.a[0] is a Set",
  'set("k", "x".repeat(1048576), times)':
    "RangeError: set: the value: expected at most 1048576 characters as JSON",
  'set("k", new Uint8Array(1048577), times)':
    "RangeError: set: the value: expected at most 1048576 bytes",
  'set("k", 1)': "TypeError: set: expected { ttlMs }, got undefined",
  'set("k", 1, { ttlMs: 1, staleMs: 1 })': "TypeError: set: staleMs is getOrSet's alone",
  "get(1)": "TypeError: get: expected a key that is a string, got number",
  'get("k".repeat(513))': "RangeError: get: expected a key of at most 512 characters",
};

for (const [expression, message] of Object.entries(REFUSED)) {
  test(`${expression} is refused`, async () => {
    assert.equal(await evaluate(expression), message);
  });
}
