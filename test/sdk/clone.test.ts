// structuredClone and queueMicrotask in an isolate, with Node's own as the oracle.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { fc } from "../support/property.ts";
import { callNode, WebIsolate } from "./web-isolate.ts";

const isolate = new WebIsolate();
after(() => isolate[Symbol.dispose]());

const same = async (body: string, ...inputs: readonly unknown[]): Promise<void> =>
  assert.deepEqual(await isolate.call(body, ...inputs), await callNode(body, ...inputs));

/** A description of a value that JSON can carry: types, identities, own properties. */
const DESCRIBE = `
  const seen = new Map();
  function describe(value) {
    if (typeof value === "bigint") return "bigint " + value;
    if (typeof value !== "object" || value === null) return [typeof value, String(value)];
    if (seen.has(value)) return "again " + seen.get(value);
    seen.set(value, seen.size);
    const kind = Object.prototype.toString.call(value);
    const extra = value instanceof Map || value instanceof Set ? [...value].map(describe)
      : value instanceof Date ? value.getTime()
      : value instanceof RegExp ? [String(value), value.lastIndex]
      : value instanceof Error ? [value.name, value.message, describe(value.cause ?? 0)]
      : value instanceof ArrayBuffer ? [...new Uint8Array(value)]
      : ArrayBuffer.isView(value) ? [value.byteOffset, value.byteLength, describe(value.buffer)]
      : /Number|String|Boolean|BigInt/.test(kind) ? String(value.valueOf()) : null;
    const keys = ArrayBuffer.isView(value) ? [] : Object.keys(value);
    const own = keys.map((key) => [key, describe(value[key])]);
    return [kind, Array.isArray(value) ? value.length : 0, extra, own];
  }`;

const VALUES: Readonly<Record<string, string>> = {
  "a cycle": "const a = { b: [] }; a.b.push(a, a.b); return a",
  "one object reached twice": "const a = {}; return [a, a]",
  "a map and a set within each other":
    "const s = new Set(); return new Map([[s, s.add([1])], [{}, s]])",
  "dates, good and bad": "return [new Date(5), new Date(NaN)]",
  "a regular expression": "const r = /a(?<b>c)/giu; r.lastIndex = 3; return r",
  "boxed primitives": "return [Object(1), Object('ab'), Object(false), Object(10n), -0, NaN]",
  "errors with a cause": "return new TypeError('a', { cause: [new RangeError('b')] })",
  "an error of a class of its own":
    "class E extends Error { name = 'E'; x = 1 }; return new E('c')",
  "a sparse array with a name": "const a = [1, , 3]; a.length = 9; a.x = 1; return a",
  "two views of one buffer":
    "const b = new ArrayBuffer(16); const half = new DataView(b, 4);" +
    "return [new Uint8Array(b, 2, 3), new Float64Array(b), half]",
  "every typed array":
    "return [Int8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array," +
    "Float16Array, Float32Array, BigInt64Array, BigUint64Array].map((T) => new T(3))",
  "an instance of a class": "class A { #p = 1; x = 2; get y() { return 3 } }; return new A()",
  "getters, symbols and hidden properties":
    "return Object.defineProperty({ get a() { return 1 }, [Symbol('s')]: 2 }, 'h', { value: 3 })",
  "an own __proto__": 'return JSON.parse(\'{"__proto__": {"x": 1}}\')',
  "a function": "return { f() {} }",
  "a symbol": "return [Symbol('s')]",
  "a promise": "return { p: Promise.resolve() }",
  "a weak map": "return new WeakMap()",
  "a generator": "return (function* () {})()",
  Headers: "return new Headers()",
  "a getter that throws": "return { get a() { throw new RangeError('g') } }",
};

for (const [title, make] of Object.entries(VALUES)) {
  test(`clones, or refuses, ${title} as Node does`, async () => {
    await same(`${DESCRIBE} return describe(structuredClone((() => { ${make} })()))`);
  });
}

test("clones any JSON to an equal and separate value", async () => {
  const body = `const copy = structuredClone(inputs[0]);
    return [copy, typeof copy === "object" && copy !== null && copy === inputs[0]]`;
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      const plain: unknown = JSON.parse(JSON.stringify(value));
      assert.deepEqual(await isolate.call(body, plain), [plain, false]);
    }),
    { numRuns: 100 },
  );
});

test("moves buffers that are to be transferred, unless the rest cannot be cloned", async () => {
  await same(`const buffer = new Uint8Array([1, 2]).buffer;
    const copy = structuredClone({ buffer }, { transfer: [buffer] });
    return [buffer.byteLength, [...new Uint8Array(copy.buffer)]]`);
  await same(`const buffer = new ArrayBuffer(2);
    try { structuredClone({ buffer, f() {} }, { transfer: [buffer] }) } catch {}
    return buffer.byteLength`);
  await same("return structuredClone(1, { transfer: [{}] })");
});

test("a refusal is a DataCloneError with its number", async () => {
  await same("try { structuredClone(() => 1) } catch (error) { return [error.name, error.code] }");
});

test("a microtask runs after the code that asked for it", async () => {
  await same(`const order = [];
    await new Promise((done) => { queueMicrotask(() => { order.push(2); done() }); order.push(1) });
    return order`);
  await same("return queueMicrotask(5)");
});
