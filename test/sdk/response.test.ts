// Response and Request in an isolate: Node's own as the oracle where the standard speaks, and what
// the host gets of a body.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { fc } from "../support/property.ts";
import { callNode, WebIsolate } from "./web-isolate.ts";

const isolate = new WebIsolate(true);
after(() => isolate[Symbol.dispose]());

const same = async (body: string, ...inputs: readonly unknown[]): Promise<void> =>
  assert.deepEqual(await isolate.call(body, ...inputs), await callNode(body, ...inputs));

const SHOW = `const show = async (r) => [r.status, r.statusText, r.ok, [...r.headers], r.bodyUsed,
  await r.text(), r.bodyUsed];`;

const BODIES = [
  "null",
  "undefined",
  '""',
  '"text \\u00e9 \\ud800"',
  "new Uint8Array([104, 105])",
  "new Uint8Array([1, 104, 105, 2]).subarray(1, 3)",
  "new Uint8Array([0xef, 0xbb, 0xbf, 104, 0xff]).buffer",
  'new URLSearchParams({ a: "b c", d: "\\u00e9" })',
  "{ toString() { return 'made' } }",
  "5",
];

for (const body of BODIES) {
  test(`a Response of ${body} has the same head and text as in Node`, async () => {
    await same(`${SHOW} return show(new Response(${body}))`);
    await same(
      `${SHOW} return show(new Response(${body}, { headers: { "Content-Type": "x/y" } }))`,
    );
    await same(`return [...await new Response(${body}).bytes()]`);
    await same(`return [...new Uint8Array(await new Response(${body}).arrayBuffer())]`);
  });
}

test("a body is handed on to another Response or Request, as in Node", async () => {
  const init = '{ status: 201, headers: { "x-a": "1", "content-type": "x/y" } }';
  for (const body of ['"text \\u00e9"', "new Uint8Array([104, 0xff])", '""', "null"]) {
    await same(
      `${SHOW} const r = new Response(${body}, ${init}); return show(new Response(r.body, r))`,
    );
    await same(`${SHOW} return show(new Response(new Response(${body}).body))`);
    await same(`const r = new Response(${body}); return [r.body === null, r.body === r.body]`);
  }
  await same(`const r = new Request("http://a.example/", { method: "POST", body: "up" });
    const to = { method: "PUT", body: r.body, duplex: "half" };
    return new Request("http://b.example/", to).text()`);
  await same(`const r = new Response("a"); await r.text(); return new Response(r.body).status`);
  // a stream would be shared; this is used up at once
  const twice = 'const r = new Response("a"); new Response(r.body); return new Response(r.body)';
  assert.deepEqual(await isolate.call(twice), { thrown: "TypeError" });
});

test("what else one does with a stream is refused with a sentence that says what to do", async () => {
  const said = await isolate.call(`const { body } = new Response("a");
    const tries = [() => body.getReader(), () => body.tee(), () => body.pipeThrough({}),
      () => body.pipeTo({}), () => body.cancel(), () => body[Symbol.asyncIterator]()];
    return tries.map((attempt) => { try { attempt(); } catch (error) { return error.message; } })`);
  assert.ok(Array.isArray(said));
  for (const sentence of said) assert.match(String(sentence), /no stream here: expected text\(\)/);
});

test("refuses the statuses and reasons that Node refuses", async () => {
  const status = fc.oneof(
    fc.integer({ min: 195, max: 605 }),
    fc.constantFrom(0, 101, 204, 205, 304),
  );
  const body = "const [status, body] = inputs; return new Response(body, { status }).status";
  await fc.assert(
    fc.asyncProperty(status, fc.constantFrom(null, "", "x"), (code, text) =>
      same(body, code, text),
    ),
    { numRuns: 300 },
  );
  await same('return new Response(null, { statusText: "a\\nb" }).status');
  await same('return new Response(null, { statusText: "Fine" }).statusText');
});

test("a body can be read once, and a copy made before can be read too", async () => {
  await same(`const first = new Response("a"), second = first.clone();
    await first.text();
    const failures = [];
    try { await first.json() } catch (error) { failures.push(error.name) }
    try { first.clone() } catch (error) { failures.push(error.name) }
    return [failures, await second.text()]`);
  await same("const r = new Response(null); return [await r.text(), await r.text(), r.bodyUsed]");
});

test("a copy keeps a content type that was taken off or changed", async () => {
  await same(`const r = new Response("a"); r.headers.delete("content-type");
    r.headers.append("set-cookie", "a"); r.headers.append("set-cookie", "b");
    return [...r.clone().headers]`);
});

test("Response.json and its parse agree with Node", async () => {
  await same(`${SHOW} return show(Response.json({ a: [1, null, "\\u00e9"] }, { status: 201 }))`);
  await same(`${SHOW} return show(Response.json(1, { headers: { "content-type": "a/b" } }))`);
  await same("return Response.json(undefined)");
  await same('return await new Response("{").json()');
});

test("Response.redirect makes the same answer as Node", async () => {
  await same('return [...Response.redirect("https://a.example/\\u00e9 b").headers]');
  await same('return Response.redirect(new URL("https://a.example/"), 308).status');
  await same('return Response.redirect("https://a.example/", 200)');
  await same('return Response.redirect("/relative")');
});

test("what the host gets of a body is the bytes that Node would send", async () => {
  const body = `const body = bodyOf(new Response(inputs[0]));
    return [typeof body, [...(typeof body === "string" ? btoa(body) : body.toBase64())].join("")]`;
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary", maxLength: 30 }), async (text) => {
      const [kind, base64] = JSON.parse(JSON.stringify(await isolate.call(body, text)));
      assert.equal(base64, Buffer.from(text.toWellFormed()).toString("base64"));
      assert.equal(kind, /^[\0-\x7f]*$/.test(text) ? "string" : "object");
    }),
    { numRuns: 200 },
  );
  assert.equal(await isolate.call("return bodyOf(new Response(null))"), null);
});

test("a buffer that changes after the Response was made changes nothing", async () => {
  const body = `const bytes = new Uint8Array([97]); const response = new Response(bytes);
    bytes[0] = 98; return await response.text()`;
  assert.equal(await isolate.call(body), "a");
});

const REQUEST = `const show = async (r) =>
  [r.url, r.method, r.redirect, [...r.headers], await r.text(), r.bodyUsed];`;

test("a Request agrees with Node on URL, method, headers and body", async () => {
  for (const init of [
    "{}",
    '{ method: "post", body: "a" }',
    '{ method: "patch" }',
    '{ method: "Delete", headers: { b: "c" } }',
    '{ method: "TRACE" }',
    '{ method: "a b" }',
    '{ body: "a" }',
    '{ redirect: "manual" }',
    '{ redirect: "nowhere" }',
  ]) {
    await same(`${REQUEST} return show(new Request("https://A.example/a b?c#d", ${init}))`);
  }
  await same('return new Request("/relative").url');
  await same('return new Request("https://user:word@a.example/").url');
});

test("a Request made of another takes what it is not told otherwise", async () => {
  await same(`${REQUEST}
    const init = { method: "PUT", body: "a", headers: { b: "c" } };
    const first = new Request("https://a.example/", init);
    return [await show(new Request(first.clone())),
      await show(new Request(first.clone(), { method: "POST", headers: { d: "e" } }))]`);
  await same(`const first = new Request("https://a.example/", { method: "PUT", body: "a" });
    await first.text();
    return new Request(first).method`);
});

test("where a script has no URL a Request says what is missing", async () => {
  using bare = new WebIsolate();
  const body = 'try { new Request("https://a.example/") } catch (error) { return error.message }';
  assert.match(String(await bare.call(body)), /URL/);
});
