// Headers in an isolate: Node's own as the oracle for the standard, and the parts that are ours:
// the lazy block, the journal and the names that belong to the proxy.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { fc } from "../support/property.ts";
import { callNode, WebIsolate } from "./web-isolate.ts";

const isolate = new WebIsolate(true);
after(() => isolate[Symbol.dispose]());

const same = async (body: string, ...inputs: readonly unknown[]): Promise<void> =>
  assert.deepEqual(await isolate.call(body, ...inputs), await callNode(body, ...inputs));

/** Shows all of Headers: entries in order, joined values, and each cookie. */
const SHOW = "const show = (h) => [[...h], h.getSetCookie(), [...h.keys()], [...h.values()]];";

const name = fc.oneof(
  fc.constantFrom("Accept", "accept", "X-A", "set-cookie", "Set-Cookie", "b", "content-length"),
  fc.constantFrom("key", "Key", "\u212aey", "\u017fet-cookie"), // a Kelvin sign, a long s
  fc.string({ minLength: 1, maxLength: 3 }),
);
const value = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.constantFrom("", " a ", "\t", "a\r\nb: c", "a\0", "\u00e9", "\u0100", "a, b", "\r\n x \n"),
);

test("any sequence of edits leaves the same fields as in Node", async () => {
  const edit = fc.tuple(fc.constantFrom("append", "set", "delete", "get", "has"), name, value);
  const body = `${SHOW}
    const headers = new Headers();
    const said = [];
    for (const [how, name, value] of inputs[0]) {
      try { said.push(headers[how](name, value) ?? null) } catch (error) { said.push(error.name) }
    }
    return [said, show(headers)]`;
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { maxLength: 12 }), (edits) => same(body, edits)),
    { numRuns: 400 },
  );
});

test("is made from a record, pairs, an iterable and other Headers as in Node", async () => {
  const pairs = fc.array(fc.tuple(name, value), { maxLength: 6 });
  // A copy of Headers keeps its lines apart where Node joins them, which shows if two are empty.
  const body = `${SHOW}
    const [pairs, how] = inputs;
    const init = how === "record" ? Object.fromEntries(pairs)
      : how === "iterable" ? new Map(pairs)
      : how === "headers" ? new Headers(pairs.filter(([, value]) => value.trim() !== "")) : pairs;
    return show(new Headers(init))`;
  const how = fc.constantFrom("record", "pairs", "iterable", "headers");
  await fc.assert(
    fc.asyncProperty(pairs, how, (list, kind) => same(body, list, kind)),
    { numRuns: 300 },
  );
});

test("refuses to be made from what is none of these, as Node does", async () => {
  for (const init of ["null", "5", '"a"', '[["a"]]', '[["a", "b", "c"]]', '["ab"]', "[5]"]) {
    await same(`return [...new Headers(${init})]`);
  }
});

test("a copy is a copy, and forEach passes value, name and object", async () => {
  await same(`const first = new Headers({ a: "1" });
    const second = new Headers(first);
    second.set("a", "2");
    const seen = [];
    first.forEach(function (value, name, headers) {
      seen.push([value, name, headers === first, this.x]);
    }, { x: 1 });
    return [seen, [...second], Object.prototype.toString.call(first)]`);
});

test("iterators inherit the realm's iterator helpers", async () => {
  await same(`return new Headers({ b: "2", a: "1" }).keys().map((name) => name + "!").toArray()`);
});

const BLOCK =
  "Host: a.example\\r\\nCookie: a=1\\r\\nX-A: 1\\r\\nX-a:  2 \\r\\nContent-Length: 5\\r\\n";

test("reads a block without regard to case, joins repeats, trims values", async () => {
  const body = `const headers = headersOf("${BLOCK}", null, "immutable");
    return [headers.get("X-A"), headers.get("x-none"), headers.has("COOKIE"), headers.has("coo"),
      [...headers]]`;
  assert.deepEqual(await isolate.call(body), [
    "1, 2",
    null,
    true,
    false,
    [
      ["content-length", "5"],
      ["cookie", "a=1"],
      ["host", "a.example"],
      ["x-a", "1, 2"],
    ],
  ]);
});

test("an edit of a session's headers is seen at once and written into the journal", async () => {
  const body = `const journal = [];
    const headers = headersOf("${BLOCK}", (...edit) => journal.push(edit), "mutable");
    headers.set("X-B", " new ");
    headers.append("cookie", "b=2");
    headers.delete("x-a");
    headers.delete("x-was-never-there");
    headers.set("host", "b.example:81");
    return { journal, now: [...headers] }`;
  assert.deepEqual(await isolate.call(body), {
    journal: [
      [0, "x-b", "new", true],
      [1, "cookie", "b=2", true],
      [2, "x-a", "", true],
      [2, "x-was-never-there", "", false],
      [0, "host", "b.example:81", true],
    ],
    now: [
      ["content-length", "5"],
      ["cookie", "a=1, b=2"],
      ["host", "b.example:81"],
      ["x-b", "new"],
    ],
  });
});

test("an edit of a request's headers leaves no other spelling of the name", async () => {
  const block = "X_A: 1\\r\\nx-a: 2\\r\\nX_a_B: 3\\r\\nX_C: 4\\r\\n";
  const body = `const headers = headersOf("${block}", () => {}, "request");
    headers.append("x-a", "5");
    headers.delete("x-a-b");
    headers.set("x_c", "6");
    headers.set("x-d", "7");
    return [...headers]`;
  assert.deepEqual(await isolate.call(body), [
    ["x-a", "2, 5"],
    ["x-d", "7"],
    ["x_c", "6"],
  ]);
});

test("a session's headers refuse the proxy's names, and the error names them", async () => {
  const body = `const journal = [];
    const headers = headersOf("${BLOCK}", (...edit) => journal.push(edit), "mutable");
    const messages = [];
    for (const name of ["Connection", "transfer-encoding", "Content-Length", "upgrade", "te"]) {
      for (const how of ["set", "append", "delete"]) {
        try { headers[how](name, "1") }
        catch (error) {
          messages.push(error instanceof TypeError && error.message.includes(name.toLowerCase()));
        }
      }
    }
    return [messages, journal.length]`;
  assert.deepEqual(await isolate.call(body), [Array(15).fill(true), 0]);
});

test("read-only headers refuse every edit and say which", async () => {
  const body = `const headers = headersOf("${BLOCK}", null, "immutable");
    try { headers.set("X-B", "1") } catch (error) { return [error.name, error.message] }`;
  const answer = await isolate.call(body);
  assert.deepEqual(answer, ["TypeError", 'Cannot set a header: "x-b" is read-only here']);
});

test("the block of a Response's headers is valid lines without the proxy's names", async () => {
  const body = `const { headers } = new Response("hi", {
      headers: { "Content-Length": "99", Connection: "close", "X-A": "1" } });
    headers.append("Set-Cookie", "a=1");
    headers.append("set-cookie", "b=2");
    return blockOf(headers)`;
  assert.equal(
    await isolate.call(body),
    "x-a: 1\r\ncontent-type: text/plain;charset=UTF-8\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n",
  );
});

test("a value of many blanks is trimmed in linear time", async () => {
  const body = `return new Headers({ a: "x" + " ".repeat(200000) + "y" }).get("a").length`;
  assert.equal(await isolate.call(body), 200_002);
});
