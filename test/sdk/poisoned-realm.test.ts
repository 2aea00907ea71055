// A script that replaces the realm's builtins after the runtime was loaded: what the runtime's web
// objects do and what the host gets of them stays the same.

import assert from "node:assert/strict";
import { test } from "node:test";
import { WebIsolate } from "./web-isolate.ts";

/**
 * Every method and getter of these does the worst it can. Not Set.prototype.has, by which the
 * header rules know the proxy's names, and not the length of typed arrays, which
 * String.fromCharCode asks for: a script that replaces these gets its own error back from its own
 * headers and coders.
 */
const POISON = `
  const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Object;
  const { ownKeys } = Reflect;
  const poisoned = () => { throw new Error("poisoned"); };
  const targets = [Array.prototype, Map.prototype, WeakMap.prototype,
    Object.prototype, Number.prototype, Uint8Array.prototype, ArrayBuffer.prototype,
    Date.prototype, DataView.prototype, Promise.prototype, getPrototypeOf(Uint8Array.prototype),
    getPrototypeOf([].values()), getPrototypeOf(new Map().values()),
    Object, Reflect, JSON, Number, Math, String, Array, ArrayBuffer, Uint8Array, Date, Promise];
  for (let i = 0; i < targets.length; i++) {
    const keys = ownKeys(targets[i]);
    for (let j = 0; j < keys.length; j++) {
      if (keys[j] === "constructor" || keys[j] === "__proto__" || keys[j] === "length") continue;
      const own = getOwnPropertyDescriptor(targets[i], keys[j]);
      if (!own.configurable) continue;
      const change = { configurable: true };
      if (typeof own.value === "function") change.value = poisoned;
      else if (own.get !== undefined) change.get = poisoned;
      defineProperty(targets[i], keys[j], change);
    }
  }
`;

/** Kept by the test, so that it can say what it saw. */
const BEFORE = `
  globalThis.stringify = JSON.stringify;
  globalThis.results = [];
  globalThis.ready = new Map([[1, new Set([2])]]);
  globalThis.show = (name, make) => {
    try { results[results.length] = make(); } catch (error) {
      results[results.length] = name + ": " + error.message;
    }
  };
`;

const WORK = `
  const block = "Host: a.example\\r\\nX-A: 1\\r\\nx-a: 2\\r\\n";
  let edits = "";
  show("read", () => headersOf(block, null, "immutable").get("x-a"));
  show("edit", () => {
    const journal = (op, name, value) => { edits += op + name + value; };
    const headers = headersOf(block, journal, "mutable");
    headers.set("x-b", " 1 ");
    headers.append("x-b", "2");
    headers.delete("x-a");
    return edits;
  });
  show("each", () => {
    let seen = "";
    headersOf(block, null, "immutable").forEach((value, name) => { seen += name + value; });
    return seen;
  });
  show("block", () => blockOf(new Response("a", { status: 201, headers: { "X-C": "3" } }).headers));
  show("body", () => bodyOf(new Response("plain")));
  show("bytes", () => bodyOf(new Response("\\u00e9")).length);
  show("copied", () => bodyOf(new Response(new Uint8Array(3)))[2]);
  show("json", () => bodyOf(Response.json([1, { a: "b" }])));
  show("encode", () => new TextEncoder().encode("a\\u00e9\\u20ac\\u{1f600}").length);
  show("decode", () => new TextDecoder().decode(new TextEncoder().encode("a\\u20ac")));
  show("utf16", () => new TextDecoder("utf-16le").decode(new Uint8Array(2)));
  show("base64", () => atob(btoa("ab\\u00ff")));
  show("clone", () => structuredClone({ a: [1, new Date(5)], b: ready }).a[0]);
  show("refuse", () => { try { structuredClone(() => 1); } catch (error) { return error.code; } });
  let order = "";
  queueMicrotask(() => { order += "later"; });
  stringify(results);
`;

const EXPECTED = [
  "1, 2",
  "0x-b11x-b22x-a",
  "hosta.examplex-a1, 2",
  "x-c: 3\r\ncontent-type: text/plain;charset=UTF-8\r\n",
  "plain",
  2,
  0,
  '[1,{"a":"b"}]',
  10,
  "a\u20ac",
  "\0",
  "ab\u00ff",
  1,
  25,
];

test("what the runtime's web objects do is the same in a whole realm and in a poisoned one", () => {
  for (const poison of ["", POISON]) {
    using isolate = new WebIsolate();
    isolate.run(BEFORE);
    const json = isolate.evaluate(`${poison}\n${WORK}`);
    assert.deepEqual(JSON.parse(json), EXPECTED);
  }
});

test("replaced methods of String, RegExp and Function do not reach the coders and clones", () => {
  using isolate = new WebIsolate();
  const poison = `
    for (const target of [String.prototype, RegExp.prototype, Function.prototype]) {
      for (const key of Reflect.ownKeys(target)) {
        const own = Object.getOwnPropertyDescriptor(target, key);
        if (key === "constructor" || typeof own.value !== "function" || !own.writable) continue;
        target[key] = () => { throw new Error("poisoned"); };
      }
    }`;
  const names = ["copied", "encode", "decode", "utf16", "base64", "clone", "refuse"];
  const work = WORK.split("\n").filter((line) => {
    const name = /show\("(\w+)"/.exec(line)?.[1];
    return (name !== undefined && names.includes(name)) || line.includes("stringify(results)");
  });
  isolate.run(BEFORE);
  const json = isolate.evaluate(`${poison}\n${work.join("\n")}`);
  assert.deepEqual(JSON.parse(json), [0, ...EXPECTED.slice(8)]);
});
