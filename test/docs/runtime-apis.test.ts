// docs/runtime-apis.md against the realm and against ECMA-429: its table has every global that
// scripts find, none that they do not, and says of each that the standard asks for what became of
// it.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { EXTRAS } from "../../src/control/bundle-extras.ts";
import { ECMASCRIPT } from "../sdk/ecmascript.ts";
import { inside } from "../sdk/inside.ts";

/** "Common API index", 2025. */
const ECMA_429 = `AbortController AbortSignal Blob ByteLengthQueuingStrategy CompressionStream
  CountQueuingStrategy Crypto CryptoKey CustomEvent DOMException DecompressionStream ErrorEvent
  Event EventTarget File FormData Headers MessageChannel MessageEvent MessagePort
  PromiseRejectionEvent ReadableByteStreamController ReadableStream ReadableStreamBYOBReader
  ReadableStreamBYOBRequest ReadableStreamDefaultController ReadableStreamDefaultReader Request
  Response SubtleCrypto TextDecoder TextDecoderStream TextEncoder TextEncoderStream TransformStream
  TransformStreamDefaultController URL URLPattern URLSearchParams WebAssembly WritableStream
  WritableStreamDefaultController WritableStreamDefaultWriter atob btoa clearInterval clearTimeout
  console crypto fetch navigator onerror onrejectionhandled onunhandledrejection performance
  queueMicrotask reportError self setInterval setTimeout structuredClone`.split(/\s+/);

const page = await readFile(new URL("../../docs/runtime-apis.md", import.meta.url), "utf8");
const [table = ""] = page.split("\n## ");

/** Names by what the page says of them. */
const said = new Map<string, string>();
for (const [, names = "", what = ""] of table.matchAll(/^\| (`.*?) \| (.*) \|$/gm)) {
  for (const [, name = ""] of names.matchAll(/`([\w$]+)`/g)) said.set(name, what);
}

const names = EXTRAS.flatMap(({ globals }) => globals);
const found = (await inside(
  "Reflect.ownKeys(globalThis).map(String)",
  `/* ${names} */`,
)) as string[];
const realm = found.filter((name) => !ECMASCRIPT.includes(name));

test("the page has every global of the realm, as one that is there", () => {
  const missing = realm.filter((name) => !/^(?:has|have|differ|beyond)/.test(said.get(name) ?? ""));
  assert.deepEqual(missing, []);
});

test("what the page leaves out is not there, and what it has is", () => {
  for (const [name, what] of said) {
    assert.equal(realm.includes(name), !what.startsWith("left out"), `${name}: ${what}`);
  }
});

test("the page says of each name of ECMA-429 what became of it", () => {
  assert.deepEqual(
    ECMA_429.filter((name) => !said.has(name)),
    [],
  );
  const beyond = [...said].filter(([, what]) => what.startsWith("beyond")).map(([name]) => name);
  assert.deepEqual(
    [...said.keys()].filter((name) => !ECMA_429.includes(name)),
    beyond,
  );
});
