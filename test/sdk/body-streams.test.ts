// Bodies as streams, and streams as bodies, in a real isolate: Node's as the oracle.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAIN } from "../../src/phases/table.ts";
import { LaneStand, streamedText } from "../sandbox/lane-stand.ts";
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
  "a body is read into memory of one's own": `(async () => { const r = new Response("abcd");
    const reader = r.body.getReader({ mode: "byob" });
    const first = await reader.read(new Uint8Array(3));
    return [[...first.value], first.done, (await reader.read(new Uint8Array(3))).value.length,
      (await reader.read(new Uint8Array(3))).done] })()`,
  "a body's stream is a ReadableStream, the same each time": `(() => { const r = new Response("a");
    return [r.body instanceof ReadableStream, r.body === r.body, new Response(null).body] })()`,
  "a body that is cancelled has been read": `(async () => { const r = new Response("abc");
    await r.body.cancel(); return [r.bodyUsed, await failing(() => r.text())] })()`,
  "a copy is not made of a body that is read": `(() => { const r = new Response("abc");
    r.body.getReader(); try { return r.clone() && "a copy" } catch (e) { return e.name } })()`,
  "a Request made of a Request has its body": `(async () => {
    const a = new Request("https://a.example/", { method: "POST", body: "up" });
    const b = new Request(a); return [a.bodyUsed, b.bodyUsed, await b.text()] })()`,
  "copies of a stream's body have all of it": `(async () => { const r = new Response(of("a", "b"));
    const copy = r.clone(); return [await r.text(), await copy.text()] })()`,
};

for (const [title, expression] of Object.entries(CASES)) {
  test(`${title}, as in Node`, () => sameAsNode(expression, BEFORE));
}

/** What a hook answers, and the lines that it leaves. */
const answerOf = async (hook: string): Promise<readonly [string, string[]]> => {
  using stand = new LaneStand(hook, { before: BEFORE });
  const outcome = await stand.run(stand.exchange(), CHAIN.request);
  assert.equal(outcome.error, null);
  const text = await streamedText(outcome).catch(({ code, message }) => `${code}: ${message}`);
  return [text, stand.messages()];
};

test("a hook answers with a stream, which goes on behind its result", async () => {
  const made = `new Response(of("a", "b").pipeThrough(upper()))`;
  assert.deepEqual(await answerOf(`requestFilter() { return ${made}; }`), ["AB", []]);
  assert.deepEqual(await answerOf(`async requestFilter() { return ${made}; }`), ["AB", []]);
  const slow = `new Response(new ReadableStream({ async pull(c) {
    await new Promise((done) => setTimeout(done, 1));
    if (n++ < 3) c.enqueue(new Uint8Array([48 + n])); else c.close(); } }))`;
  assert.deepEqual(await answerOf(`requestFilter() { let n = 0; return ${slow}; }`), ["123", []]);
});

test("a stream that fails, and one of other things than bytes, break the answer off", async () => {
  const failing = `requestFilter() { return new Response(new ReadableStream({ pull(c) {
    c.error(new RangeError("my own")); } })); }`;
  const [text, lines] = await answerOf(failing);
  assert.equal(text, "script_error: the script's stream failed");
  assert.match(lines.join(), /^uncaught: RangeError: my own/);
  const texts = `requestFilter() { return new Response(new ReadableStream({ pull(c) {
    c.enqueue("text"); } })); }`;
  assert.match((await answerOf(texts))[1].join(), /expected chunks that are Uint8Arrays/);
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
