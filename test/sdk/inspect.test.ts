// What lines of a script's log say of any value.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAIN } from "../../src/phases/table.ts";
import { LaneStand } from "../sandbox/lane-stand.ts";

/** The lines that these statements log, each with its level. */
async function lines(statements: string): Promise<string[]> {
  using stand = new LaneStand(`async requestFilter(session) { ${statements} }`, { hookMs: 5_000 });
  await stand.run(stand.exchange(), CHAIN.request);
  return stand.lines.map(({ level, message }) => `${level} ${message}`);
}

const SHOWN: Readonly<Record<string, readonly [string, string]>> = {
  "JSON as JSON": [
    '{ a: [1, "b", null, true], c: { d: 1.5 } }',
    '{"a":[1,"b",null,true],"c":{"d":1.5}}',
  ],
  "a Map": ['new Map([["a", 1], [{ b: 1 }, new Map()]])', 'Map(2) {"a" => 1,{"b":1} => Map(0) {}}'],
  "a Set": ['new Set([1, "a", [2]])', 'Set(3) {1,"a",[2]}'],
  Headers: ['new Headers({ "X-A": "1", accept: "*/*" })', 'Headers {"accept":"*/*","x-a":"1"}'],
  "a Response": [
    'new Response("no", { status: 404, headers: { "x-a": "1", "content-type": "a/b" } })',
    'Response {"status":404,"headers":{"content-type":"a/b","x-a":"1"}}',
  ],
  "a bigint in an object": ["{ n: 5n, m: [6n] }", '{"n":5n,"m":[6n]}'],
  "what is undefined": [
    "{ a: undefined, b: [undefined], c: NaN }",
    '{"a":undefined,"b":[undefined],"c":NaN}',
  ],
  "a cycle": ["(() => { const a = { b: [] }; a.b.push(a); return a; })()", '{"b":[[circular]]}'],
  "one object twice, which is no cycle": [
    "(() => { const a = { n: 5n }; return [a, a]; })()",
    '[{"n":5n},{"n":5n}]',
  ],
  "a date": ["new Date(0)", '"1970-01-01T00:00:00.000Z"'],
  "a date in a list with a symbol": [
    '[new Date(0), Symbol("s")]',
    '["1970-01-01T00:00:00.000Z",Symbol(s)]',
  ],
  "an instance of a class": ["new (class Guard { a = 1; #b = 2; })()", 'Guard {"a":1}'],
  bytes: ["new Uint8Array([1, 2])", "Uint8Array(2) [1,2]"],
  "buffers, patterns, promises and functions": [
    "[new ArrayBuffer(8), /a/g, Promise.resolve(), function named() {}, class Made {}]",
    "[ArrayBuffer(8),/a/g,[Promise],[function named],[function Made]]",
  ],
  "what is deep": [
    "{ a: { b: { c: { d: { e: { f: { g: 5n } } } } } } }",
    '{"a":{"b":{"c":{"d":{"e":{"f":[Object]}}}}}}',
  ],
  "what is long": ["Array.from({ length: 150 }, () => 1n)", `[${"1n,".repeat(100)}… 50 more]`],
  "a getter that throws": ["{ get x() { throw 1; } }", "[an object that cannot be read]"],
  "an object without a prototype": ["Object.assign(Object.create(null), { a: 5n })", '{"a":5n}'],
};

for (const [title, [value, expected]] of Object.entries(SHOWN)) {
  test(`shows ${title}`, async () => {
    assert.deepEqual(await lines(`log.info("it is", ${value});`), [`2 it is ${expected}`]);
  });
}

test("shows an error with its frames, what caused it, and what else it has", async () => {
  const [line = ""] = await lines(`
    const cause = new RangeError("no such user");
    const errors = [new Error("first"), "second"];
    log.error("failed:", Object.assign(new AggregateError(errors, "it failed", { cause }), { code: 7 }));`);
  const shape = line
    .replace(/^( *)at .*$/gm, "$1at")
    .replace(/(?:\n *at)+/g, (frames) => frames.slice(0, frames.indexOf("at") + 2));
  assert.equal(
    shape,
    `4 failed: AggregateError: it failed
    at
  {"code":7}
  cause: RangeError: no such user
      at
  errors[0]: Error: first
      at
  errors[1]: "second"`,
  );
});

test("shows errors in objects, and a message that was changed after the error was made", async () => {
  const [line = ""] = await lines(`
    const error = new TypeError("old");
    error.message = "new: " + error.message;
    log.info({ error });`);
  assert.match(line, /^2 \{"error":\[TypeError: new: old\n {4}at [\s\S]+\n\]\}$/);
});

test("does not spend more than a line can show", async () => {
  const [line = ""] = await lines(`
    const many = (item) => Array.from({ length: 90 }, item);
    log.info(many(() => many(() => many(() => 123456n))));`);
  assert.ok(line.length < 12_000, `${line.length}`);
});

const CONSOLE: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  "assert writes if the condition is false": [
    'console.assert(true, "a"); console.assert(0, "b %s", 1); console.assert();',
    ["4 Assertion failed: b 1", "4 Assertion failed"],
  ],
  "count counts by label": [
    'console.count(); console.count("a"); console.count(); console.countReset(); console.count();',
    ["2 default: 1", "2 a: 1", "2 default: 2", "2 default: 1"],
  ],
  "time tells of the time that passes in an await": [
    'console.time("t"); console.timeLog("t", { a: 1 }); console.timeEnd("t"); console.timeEnd("t");',
    ['2 t: 0 ms {"a":1}', "2 t: 0 ms", "3 t: there is no such timer"],
  ],
  "groups are indented": [
    'console.group("a"); console.log("b"); console.group(); console.warn("c"); console.groupEnd(); console.groupEnd(); console.groupEnd(); console.log("d");',
    ["2 a", "2   b", "3     c", "2 d"],
  ],
  "dir shows the value": ["console.dir(new Map([[1, 2]]), { depth: 1 });", ["2 Map(1) {1 => 2}"]],
  "table lays rows below each other": [
    'console.table([{ a: 1, b: "x" }, { a: 22 }, 5]); console.table(7);',
    [
      '2 (index) | a  | b   | value\n0       | 1  | "x" | \n1       | 22 |     | \n2       |    |     | 5',
      "2 7",
    ],
  ],
  "log fills in what its pattern asks for": [
    'console.log("%s is %d%% of %i, %j %c%o", "a", "12", 3.7, { b: 1 }, "color: red"); console.log("100%", 1); console.log("%s");',
    ['2 a is 12% of 3, {"b":1} %o', "2 100% 1", "2 %s"],
  ],
};

for (const [title, [statements, expected]] of Object.entries(CONSOLE)) {
  test(`console: ${title}`, async () => {
    assert.deepEqual(await lines(statements), expected);
  });
}
