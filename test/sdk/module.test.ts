// The module `sluice` as scripts use it: counters, env, log lines, and clocks that stand still.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAIN } from "../../src/phases/table.ts";
import { answerText, LaneStand, type StandOptions } from "../sandbox/lane-stand.ts";

/** What the expression is inside a hook, as JSON; what it throws, as text. */
async function evaluate(expression: string, options: StandOptions = {}): Promise<unknown> {
  using stand = new LaneStand(
    `requestFilter: async (session) => {
      const n = counter("n");
      try { return Response.json(await (${expression}) ?? null); }
      catch (error) { return Response.json(error.name + ": " + error.message); }
    }`,
    options,
  );
  const outcome = await stand.run(stand.exchange(), CHAIN.request);
  assert.equal(outcome.error, null);
  return JSON.parse(answerText(outcome) ?? "");
}

const MAX = Number.MAX_SAFE_INTEGER;

const COUNTERS: Readonly<Record<string, readonly [string, unknown]>> = {
  "a counter with labels is one for each combination": [
    `{ const c = counter("c", { labels: { a: ["x", "y"], b: ["z"] } });
       c.labels({ a: "x", b: "z" }).incr(3);
       return [c.labels({ b: "z", a: "x" }).get(), c.labels({ a: "y", b: "z" }).get()]; }`,
    [3, 0],
  ],
  "too many series are refused": [
    `counter("c", { labels: { a: Array.from({ length: 257 }, (_, i) => "v" + i) } })`,
    "RangeError: counter c: expected at most 256 series, got 257",
  ],
  "labels that are reserved are refused": [
    `counter("c", { labels: { tenant: ["x"] } })`,
    "TypeError: counter c: expected labels of 1 to 32 of A-Z a-z 0-9 _, but tenant, name, le and sum",
  ],
  "a label's values are declared": [
    `counter("c", { labels: { a: "x" } })`,
    "TypeError: counter c: label a: expected a list of all values that it may have",
  ],
  "a value that is there twice is refused": [
    `counter("c", { labels: { a: ["x", "x"] } })`,
    "TypeError: counter c: label a: x is there twice",
  ],
  "a histogram needs bounds that ascend": [
    `histogram("h", { buckets: [5, 5] })`,
    "TypeError: histogram h: expected buckets that ascend from above 0, got 5",
  ],
  "a histogram needs bounds": [
    `histogram("h", {})`,
    "TypeError: histogram h: expected buckets of 1 to 32 upper bounds",
  ],
  "a counter of all proxies counts, and nothing else": [
    `{ const c = counter("c", { scope: "cluster" });
       return [c.incr(), c.incr(-3), c.get(), Object.keys(c)]; }`,
    [1, -2, -2, ["incr", "get"]],
  ],
  "a counter of all proxies may have labels": [
    `{ const c = counter("c", { labels: { a: ["x", "y"] }, scope: "cluster" });
       c.labels({ a: "x" }).incr(3);
       return [c.labels({ a: "x" }).get(), c.labels({ a: "y" }).get()]; }`,
    [3, 0],
  ],
  "a counter of one scope is none of another": [
    `[counter("n", { scope: "node" }).get(), counter("n", { scope: "cluster" })]`,
    'TypeError: counter n: expected one scope wherever it is declared, got "node" and "cluster"',
  ],
  "labels do not make it another": [
    `counter("n", { labels: { a: ["x"] }, scope: "cluster" })`,
    'TypeError: counter n: expected one scope wherever it is declared, got "node" and "cluster"',
  ],
  "a scope is one of two": [
    `counter("c", { scope: "world" })`,
    'TypeError: counter c: scope: expected "node" or "cluster"',
  ],
  "a new counter is 0": ["n.get()", 0],
  "incr returns the new value": ["[n.incr(), n.incr(), n.get()]", [1, 2, 2]],
  "incr adds any whole number": ["[n.incr(5), n.incr(-7), n.incr(0)]", [5, -2, -2]],
  "set replaces the value": ["(n.incr(), n.set(-40), n.get())", -40],
  "compareExchange stores if the value is as expected": [
    "[n.compareExchange(0, 9), n.compareExchange(0, 1), n.get()]",
    [0, 9, 9],
  ],
  "two counters of one name are one": ['(counter("n").incr(), n.get())', 1],
  "the largest value is reached": [`(n.set(${MAX - 1}), n.incr())`, MAX],
  "a counter cannot pass the largest value": [
    `(n.set(${MAX}), n.incr())`,
    "RangeError: a counter cannot pass 2^53 - 1",
  ],
  "a counter that could not pass keeps its value": [
    `{ n.set(${MAX}); try { n.incr(2) } catch {} ; return n.get() }`,
    MAX,
  ],
  "a counter cannot pass the smallest value": [
    `(n.set(${-MAX}), n.incr(-1))`,
    "RangeError: a counter cannot pass 2^53 - 1",
  ],
  "a fraction is refused": [
    "n.incr(0.5)",
    "RangeError: expected a whole number up to 2^53 - 1, got number 0.5",
  ],
  "text is refused": [
    'n.set("5")',
    "RangeError: expected a whole number up to 2^53 - 1, got string 5",
  ],
  "NaN is refused": [
    "n.compareExchange(NaN, 1)",
    "RangeError: expected a whole number up to 2^53 - 1, got number NaN",
  ],
  "a counter's methods cannot be replaced": ["Object.isFrozen(n)", true],
};

for (const [title, [expression, expected]] of Object.entries(COUNTERS)) {
  test(title, async () => {
    const code = expression.startsWith("{") ? `(() => ${expression})()` : expression;
    assert.deepEqual(await evaluate(code), expected);
  });
}

test("a counter's name is 1 to 128 printable ASCII characters", async () => {
  const names = ["", "a b", "é", "a".repeat(129), 5, null, "a\u0000b"];
  const expression = `${JSON.stringify(names)}.map((name) => {
    try { counter(name); return "fine"; } catch (error) { return error.name; }
  })`;
  assert.deepEqual(
    await evaluate(expression),
    names.map(() => "TypeError"),
  );
  assert.equal(await evaluate(`counter("~".repeat(128)).incr()`), 1);
});

test("counters are the tenant's: a new isolate goes on counting", async () => {
  using stand = new LaneStand(
    `requestFilter(session) {
      if (session.request.target === "/evil") for (;;);
      return new Response("" + hits.incr());
    }`,
    { before: 'const hits = counter("hits");', hookMs: 200 },
  );
  assert.equal(answerText(await stand.run(stand.exchange(), CHAIN.request)), "1");
  await stand.run(stand.exchange("/evil"), CHAIN.request);
  assert.ok(stand.deaths.length > 0);
  assert.equal(answerText(await stand.run(stand.exchange(), CHAIN.request)), "2");
  assert.equal(stand.count("hits"), 2);
});

test("env holds the configured strings, without a prototype, and cannot be changed", async () => {
  const env = { GREETING: "hello", __proto__x: "1" };
  const expression = "[env.GREETING, env.toString ?? null, Object.isFrozen(env), Object.keys(env)]";
  const value = await evaluate(expression, { env });
  assert.deepEqual(value, ["hello", null, true, ["GREETING", "__proto__x"]]);
});

test("clocks stand still during a turn, whoever is asked", async () => {
  const clocks = [
    "Date.now()",
    "new Date().getTime()",
    "Date()",
    "performance.now()",
    "Temporal.Now.instant().epochNanoseconds.toString()",
    "Temporal.Now.zonedDateTimeISO().toString()",
    "Temporal.Now.plainTimeISO('UTC').toString()",
    "new Intl.DateTimeFormat('en', { fractionalSecondDigits: 3, second: 'numeric' }).format()",
    "JSON.stringify(new Intl.DateTimeFormat('en', { fractionalSecondDigits: 3 }).formatToParts())",
  ];
  const expression = `(() => {
    const read = () => JSON.stringify([${clocks.join()}]);
    const first = read();
    for (let i = 0; i < 5e6; i++);
    for (let i = 0; i < 2000; i++) if (read() !== first) return [first, read()];
    return "still";
  })()`;
  assert.equal(await evaluate(expression, { hookMs: 10_000, requestCpuMs: 60_000 }), "still");
});

test("clocks go on from turn to turn", async () => {
  const expression = `(async () => {
    const [date, perf] = [Date.now(), performance.now()];
    const haveGoneOn = () => Date.now() > date && performance.now() > perf;
    while (!haveGoneOn()) await new Promise((done) => setTimeout(done, 5));
    return "gone on";
  })()`;
  assert.equal(await evaluate(expression), "gone on");
});

test("a Date made from the clock is a Date in every way", async () => {
  const expression = `[new Date() instanceof Date, Date.length, Date.name, new Date(5).getTime(),
    new Date(0).constructor === Date, Date.UTC(1970, 0), new Date(2020, 1).getFullYear()]`;
  assert.deepEqual(await evaluate(expression), [true, 7, "Date", 5, true, 0, 2020]);
});

test("Math.random is between 0 and 1, and never the same, turn after turn", async () => {
  using stand = new LaneStand(`requestFilter() {
    return Response.json(Array.from({ length: 50 }, () => Math.random()));
  }`);
  const seen: number[] = [];
  for (let i = 0; i < 4; i++) {
    const outcome = await stand.run(stand.exchange(), CHAIN.request);
    seen.push(...JSON.parse(answerText(outcome) ?? "[]"));
  }
  assert.equal(new Set(seen).size, 200);
  assert.ok(seen.every((value) => value >= 0 && value < 1));
});

test("log and console take anything, and write it with its level", async () => {
  using stand = new LaneStand(`requestFilter() {
    const cycle = {}; cycle.self = cycle;
    log.trace("t"); log.debug("d"); log.warn("w"); log.error("e");
    console.log("plain", 1, true, null, undefined, 5n, Symbol("s"), { a: [1] }, () => 1);
    console.error(cycle, { get x() { throw 1; } }, Object.create(null));
    console.info(new TypeError("told"));
    log.info();
    log.info("line 1\\nline 2 \\u0000 é 🙂");
    log.info("x".repeat(10_000));
    return new Response("");
  }`);
  await stand.run(stand.exchange(), CHAIN.request);
  const lines = stand.lines.map(({ level, message }) => `${level} ${message}`);
  assert.deepEqual(lines.slice(0, 6), [
    "0 t",
    "1 d",
    "3 w",
    "4 e",
    '2 plain 1 true null undefined 5 Symbol(s) {"a":[1]} [function ]',
    '4 {"self":[circular]} [an object that cannot be read] {}',
  ]);
  assert.match(lines[6] ?? "", /^2 TypeError: told\n {4}at /);
  assert.deepEqual(lines.slice(7, 9), ["2 ", "2 line 1\nline 2 \0 é 🙂"]);
  assert.equal(lines[9]?.length, "2 ".length + 8192);
});

test("a call writes 256 lines, then one warning", async () => {
  using stand = new LaneStand(`requestFilter() {
    for (let i = 0; i < 1000; i++) log.info("" + i);
    return new Response("");
  }`);
  await stand.run(stand.exchange(), CHAIN.request);
  assert.equal(stand.lines.length, 257);
  assert.equal(
    stand.lines.at(-1)?.message,
    "more than 256 log lines (limits.logLines) in one request: the rest is dropped",
  );
});
