// Bodies as streams, and streams as bodies, in a real isolate: Node's as the oracle.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAIN } from "../../src/phases/table.ts";
import { answerText, LaneStand } from "../sandbox/lane-stand.ts";
import { inside } from "./inside.ts";
import { sameAsNode } from "./same-as-node.ts";

const BEFORE = `const of = (...items) => new ReadableStream({ start(c) {
    for (const x of items) c.enqueue(typeof x === "string" ? new TextEncoder().encode(x) : x);
    c.close(); } });
  const failing = async (run) => { try { return await run() } catch (e) { return [e.name ?? e] } };
  const upper = () => new TransformStream({ transform(chunk, c) {
    c.enqueue(new TextEncoder().encode(new TextDecoder().decode(chunk).toUpperCase())) } });`;

const CASES: Readonly<Record<string, string>> = {
  "a body is read by a reader": `(async () => { const r = new Response("h\u00e9");
    const reader = r.body.getReader(); const { value, done } = await reader.read();
    return [[...value], done, (await reader.read()).done, r.bodyUsed, r.body.locked] })()`,
  "a body is gone through by for await": `(async () => { let n = 0;
    for await (const chunk of new Response(new Uint8Array(7)).body) n += chunk.length;
    return n })()`,
  "an empty body ends at once": `(async () =>
    (await new Response("").body.getReader().read()).done)()`,
  "a body goes through a transform into another": `(async () => { const r = new Response("abc");
    return new Response(r.body.pipeThrough(upper())).text() })()`,
  "both branches of a body have all": `(async () => {
    const [one, other] = new Response("abc").body.tee();
    return [await new Response(one).text(), await new Response(other).text()] })()`,
  "a body that somebody reads is not read by others": `(async () => {
    const r = new Response("abc"); r.body.getReader();
    return [await failing(() => r.text()), await failing(() => new Response(r.body)),
      r.bodyUsed] })()`,
  "a body that has been read is no stream any more": `(async () => { const r = new Response("abc");
    await r.text(); return [r.bodyUsed, await failing(() => r.body.getReader().read())] })()`,
  "a stream is the body of a Response, read in each way": `(async () => [
    await new Response(of("a", "b")).text(), await new Response(of('{"n":', "1}")).json(),
    [...await new Response(of("a", "b")).bytes()],
      (await new Response(of()).arrayBuffer()).byteLength,
    new Response(of("a")).headers.get("content-type")])()`,
  "a stream is the body of a Request": `new Request("https://a.example/",
    { method: "POST", body: of("a", "b"), duplex: "half" }).text()`,
  "chunks are bytes": `failing(() => new Response(new ReadableStream({ start(c) {
    c.enqueue("text"); c.close() } })).text())`,
  "an error of a stream is its reader's": `failing(() =>
    new Response(new ReadableStream({ start(c) {
    c.error(new RangeError("no")) } })).text())`,
  "a stream that somebody reads is no body": `failing(() => { const s = of("a"); s.getReader();
    return new Response(s).text() })`,
  "copies of a stream's body have all of it": `(async () => { const r = new Response(of("a", "b"));
    const copy = r.clone(); return [await r.text(), await copy.text()] })()`,
};

for (const [title, expression] of Object.entries(CASES)) {
  test(`${title}, as in Node`, () => sameAsNode(expression, BEFORE));
}

const answerOf = async (hook: string, before = BEFORE): Promise<unknown> => {
  using stand = new LaneStand(hook, { before });
  const outcome = await stand.run(stand.exchange(), CHAIN.request);
  return answerText(outcome) ?? outcome.error?.message;
};

test("a hook answers with a stream, which comes to its end first", async () => {
  const made = `new Response(of("a", "b").pipeThrough(upper()))`;
  assert.equal(await answerOf(`requestFilter() { return ${made}; }`), "AB");
  assert.equal(await answerOf(`async requestFilter() { return ${made}; }`), "AB");
  const slow = `new Response(new ReadableStream({ async pull(c) {
    await new Promise((done) => setTimeout(done, 1));
    if (n++ < 3) c.enqueue(new Uint8Array([48 + n])); else c.close(); } }))`;
  assert.equal(await answerOf(`requestFilter() { let n = 0; return ${slow}; }`), "123");
});

test("a stream that fails, and one that is too large, fail the hook by name", async () => {
  const failing = `requestFilter() { return new Response(new ReadableStream({ pull(c) {
    c.error(new RangeError("my own")); } })); }`;
  assert.match(String(await answerOf(failing)), /requestFilter: RangeError: my own/);
  const endless = `requestFilter() { return new Response(new ReadableStream({ pull(c) {
    c.enqueue(new Uint8Array(2 ** 20)); } })); }`;
  assert.match(String(await answerOf(endless)), /a body has at most 16777216 bytes/);
});

test("a body is handed on without a stream, also where there are streams", async () => {
  const seen = await inside(
    `(async () => { const r = new Response("text", { status: 201 });
      const to = new Response(r.body, r);
      return [to.status, await to.text(), r.bodyUsed] })()`,
    `${BEFORE} void ReadableStream;`,
  );
  assert.deepEqual(seen, [201, "text", true]);
});
