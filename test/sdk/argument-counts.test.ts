// How many arguments functions of the web need: as many as Node's do, and with fewer they throw.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inside } from "./inside.ts";
import { sameAsNode } from "./same-as-node.ts";

/** Those of which an object can be made of nothing, or nearly nothing. */
const OBJECTS = `const objects = {
  Headers: new Headers(), URLSearchParams: new URLSearchParams(), FormData: new FormData(),
  TextEncoder: new TextEncoder(), TextDecoder: new TextDecoder(), Event: new Event("a"),
  EventTarget: new EventTarget(), AbortController: new AbortController(), Blob: new Blob([]),
  URL: new URL("https://a.example/"), Response: new Response("a"), crypto,
};
const statics = { URL, Response, AbortSignal, globalThis };
const FUNCTIONS = ["atob", "btoa", "queueMicrotask"];
const all = [...Object.entries(objects), ...Object.entries(statics)].flatMap(([name, object]) => {
  const isClass = object === statics[name];
  const owner = isClass ? object : Object.getPrototypeOf(object);
  const keys = object === globalThis ? FUNCTIONS : Object.getOwnPropertyNames(owner);
  const isCounted = (key) => key !== "constructor" && key !== "prototype" &&
    typeof Object.getOwnPropertyDescriptor(owner, key).value === "function";
  return keys.filter(isCounted).map((key) => [(isClass ? "static " : "") + name, key, object]);
});`;

test("each function needs as many arguments as Node's, and throws a TypeError with one fewer", async () => {
  const found = await inside("all.map(([name, key]) => name + '.' + key)", OBJECTS);
  assert.ok(Array.isArray(found));
  assert.ok(found.length > 50, `${found.length}`);
  const own = `all.filter(([name, key]) => ${JSON.stringify(found)}.includes(name + "." + key))`;
  await sameAsNode(
    `${own}.map(([name, key, object]) => {
      const { length } = object[key];
      if (length === 0) return [name, key, length];
      try { object[key](...Array(length - 1).fill("a")); return [name, key, length, "taken"]; }
      catch (error) { return [name, key, length, error.name]; }
    }).sort()`,
    OBJECTS,
  );
});

test("structuredClone needs one, which Node's own miscounts", async () => {
  assert.equal(
    await inside("[structuredClone.length, failureOf(() => structuredClone())].join()"),
    "1,TypeError",
  );
});

test("what is thrown says how many there were to be", async () => {
  const said =
    "(() => { try { new Headers().append('a'); } catch (error) { return error.message } })()";
  assert.equal(await inside(said), "Cannot call Headers.append: expected 2 arguments, got 1");
});
