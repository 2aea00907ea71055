// URL and URLSearchParams as an isolate has them, with Node's own as the oracle.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { fc } from "../support/property.ts";
import { callNode, WebIsolate } from "./web-isolate.ts";

const isolate = new WebIsolate(true);
after(() => isolate[Symbol.dispose]());

const same = async (body: string, ...inputs: readonly unknown[]): Promise<void> =>
  assert.deepEqual(await isolate.call(body, ...inputs), await callNode(body, ...inputs));

const PARTS = `const parts = (u) => [u.href, u.origin, u.protocol, u.username, u.password, u.host,
  u.port, u.pathname, u.search, u.hash, [...u.searchParams]];`;

const piece = fc.oneof(
  fc.constantFrom(
    "http:",
    "https://",
    "//",
    "a.example",
    "XN--4CA.example",
    "ä.example",
    "/",
    "..",
  ),
  fc.constantFrom("?", "#", "%", "%zz", "%e4", "@", ":", ":80", "[::1]", "0x7f.1", "\\", " ", "'"),
  fc.constantFrom("a=b&c=d+e", "é", "\u{1f600}", "\ud800", "faß.de", "bücher.example", "1.2.3.4"),
  fc.string({ maxLength: 4 }),
);
const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(""));

test("parses, or refuses, any text as Node does", async () => {
  const body = `${PARTS} return parts(new URL(inputs[0]))`;
  const anchored = fc.oneof(
    text,
    text.map((rest) => `https://${rest}`),
    text.map((r) => `a:${r}`),
  );
  await fc.assert(
    fc.asyncProperty(anchored, (url) => same(body, url)),
    { numRuns: 600 },
  );
});

test("resolves against a base as Node does", async () => {
  const body = `${PARTS} return parts(new URL(inputs[0], "https://u@a.example:8080/b/c?d#e"))`;
  await fc.assert(
    fc.asyncProperty(text, (url) => same(body, url)),
    { numRuns: 300 },
  );
});

test("encodes a query as Node does, in special schemes and in others", async () => {
  const body = `${PARTS} return [parts(new URL("https://a.example/?" + inputs[0])),
    parts(new URL("a://b/?" + inputs[0]))]`;
  const query = fc.string({ unit: "binary", maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(query, (value) => same(body, value)),
    { numRuns: 300 },
  );
});

test("domain names become ASCII as in Node, Unicode and Punycode ones too", async () => {
  const body = "return new URL('https://' + inputs[0]).hostname";
  for (const host of [
    "A.Example.",
    "ä.example",
    "xn--4ca.example",
    "XN--A.example",
    "xn--",
    "ß.de",
  ]) {
    await same(body, host);
  }
  await same(body, "\u0644\u0627.example");
  await same(body, "a_b.example");
  await same(body, "a\u00adb.example");
});

test("setters and canParse agree with Node", async () => {
  const body = `${PARTS} const url = new URL("https://a.example:81/b?c=d#e");
    const [name, value] = inputs; url[name] = value; return [parts(url), URL.canParse(value)]`;
  const name = fc.constantFrom(
    "href",
    "protocol",
    "host",
    "hostname",
    "port",
    "pathname",
    "search",
    "hash",
  );
  await fc.assert(
    fc.asyncProperty(name, text, (property, value) => same(body, property, value)),
    { numRuns: 300 },
  );
});

test("URLSearchParams edits, sorts and prints as in Node", async () => {
  await same(`const q = new URLSearchParams("b=2&a=1&b=%zz&c=é+f");
    q.append("a", "3 4"); q.delete("b", "2"); q.set("d", "\\ud800&="); q.sort();
    return [String(q), [...q], q.getAll("a"), q.has("a", "3 4"), q.size]`);
});

test("is laid out as on the web: there, and not enumerable", async () => {
  const body = `return ["URL", "URLSearchParams", "Headers", "structuredClone"].map((name) => {
    const { value, ...flags } = Object.getOwnPropertyDescriptor(globalThis, name);
    return [typeof value, value.name, flags];
  })`;
  await same(body.replace(', "structuredClone"', "").replace(', "Headers"', ""));
  assert.deepEqual(
    JSON.parse(JSON.stringify(await isolate.call(body))).map(([kind]: [string]) => kind),
    ["function", "function", "function", "function"],
  );
});
