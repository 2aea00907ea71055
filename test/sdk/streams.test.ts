// The web's streams and URLPattern in a real isolate: Node's as the oracle.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAIN } from "../../src/phases/table.ts";
import { answerText, LaneStand } from "../sandbox/lane-stand.ts";
import { inside } from "./inside.ts";
import { sameAsNode } from "./same-as-node.ts";

const BEFORE = `const all = async (stream) => { const out = [];
  for await (const x of stream) out.push(x);
    return out };
  const of = (...items) => new ReadableStream({ start(c) { for (const x of items) c.enqueue(x);
    c.close(); } });
  const failing = async (run) =>
    { try { return await run() } catch (e) { return [e.name ?? e] } };`;

const STREAMS: Readonly<Record<string, string>> = {
  "a stream is read to its end, by for await and by a reader": `(async () => {
    const reader = of(1, 2).getReader();
    return [await all(of("a", "b")), await reader.read(), await reader.read(), await reader.read(),
      String(of()), of().locked] })()`,
  "a stream is made of anything that can be gone through": `all(ReadableStream.from([1, 2, 3]))`,
  "a transform changes what goes through": `all(of(1, 2).pipeThrough(new TransformStream({
    transform(x, c) { c.enqueue(x * 2); c.enqueue(x) }, flush(c) { c.enqueue("end") } })))`,
  "a pipe closes what it leads to": `(async () => { const seen = [];
    await of(1, 2).pipeTo(new WritableStream({ write(x) { seen.push(x) },
      close() { seen.push("closed") } }));
    return seen })()`,
  "both branches of a tee have all": `(async () => { const [one, other] = of(1, 2).tee();
    return [await all(one), await all(other)] })()`,
  "a source is pulled as it is read, and told when it is cancelled": `(async () => {
    const seen = []; let n = 0; const stream = new ReadableStream({
      pull(c) { seen.push("pull"); c.enqueue(n++) }, cancel(why) { seen.push(why) } },
        { highWaterMark: 0 });
    const reader = stream.getReader(); await reader.read(); await reader.read();
      await reader.cancel("done");
    return seen })()`,
  "an error reaches whoever reads": `failing(() => all(new ReadableStream({
    start(c) { c.enqueue(1); c.error(new RangeError("no")) } })))`,
  "a writer waits for room": `(async () => { const { readable, writable } = new TransformStream();
    const writer = writable.getWriter(); const first = writer.desiredSize; void writer.write(1);
    const then = writer.desiredSize; const got = await readable.getReader().read();
    await writer.ready; return [first, then, got] })()`,
  "bytes are read into the reader's own buffer": `(async () => { const stream = new ReadableStream({
      type: "bytes", start(c) { c.enqueue(new Uint8Array([1, 2, 3])); c.close() } });
    const { value } = await stream.getReader({ mode: "byob" }).read(new Uint8Array(8));
    return [...value] })()`,
  "a signal ends a pipe": `failing(() => of(1).pipeTo(new WritableStream(),
    { signal: AbortSignal.abort() }))`,
  "strategies say how much fits": `[new CountQueuingStrategy({ highWaterMark: 3 }).size("abc"),
    new ByteLengthQueuingStrategy({ highWaterMark: 3 }).size(new Uint8Array(5))]`,
  "text is decoded across chunks": `(async () => {
    const bytes = new TextEncoder().encode("\\ufeffa\\u00e9\\u{1f600}z"); const chunks = [];
    for (let i = 0; i < bytes.length; i += 2) chunks.push(bytes.slice(i, i + 2));
    const decoder = new TextDecoderStream();
    return [(await all(of(...chunks).pipeThrough(decoder))).join(""), decoder.encoding,
      decoder.fatal,
      await failing(() =>
        all(of(new Uint8Array([0xff])).pipeThrough(new TextDecoderStream("utf-8",
          { fatal: true })))),
      (await all(of(new Uint8Array([0xe2])).pipeThrough(new TextDecoderStream()))).join("")] })()`,
  "text is encoded across chunks": `(async () => (await all(of("a", "\\ud83d", "\\ude00",
    "\\ud83d").pipeThrough(
    new TextEncoderStream()))).map((bytes) => [...bytes]))()`,
};

for (const [title, expression] of Object.entries(STREAMS)) {
  test(`${title}, as in Node`, () => sameAsNode(expression, BEFORE));
}

const MATCH = (pattern: string, ...urls: string[]): string =>
  `(() => { const pattern = new URLPattern(${pattern});
    return ${JSON.stringify(urls)}.map((url) => { const match = pattern.exec(url);
      return match && [match.pathname, match.hostname.input, match.search.groups] }) })()`;

const PATTERNS: Readonly<Record<string, string>> = {
  "names in a path": MATCH(
    `{ pathname: "/users/:id{/:tab}?" }`,
    "https://a.example/users/7",
    "https://a.example/users/7/posts",
    "https://a.example/",
  ),
  "whole URLs with wildcards": MATCH(
    `"https://*.example.com/files/*"`,
    "https://eu.example.com/files/a/b?c",
    "http://eu.example.com/files/a",
  ),
  "expressions and a base": MATCH(
    `"/v(\\\\d+)/:rest*", "https://a.example"`,
    "https://a.example/v12/a/b",
    "https://a.example/vx/a",
  ),
  "searches, and case": MATCH(
    `{ pathname: "/A", search: "q=:q" }, { ignoreCase: true }`,
    "https://a.example/a?q=7",
    "https://a.example/b?q=7",
  ),
  "what is no pattern": `[() => new URLPattern("("), () => new URLPattern({ pathname: "/:" }), () =>
    new URLPattern("/a")].map((run) => { try { run();
      return "fine" } catch (e) { return e.name } })`,
};

for (const [title, expression] of Object.entries(PATTERNS)) {
  test(`URLPattern matches ${title}, as in Node`, () => sameAsNode(expression));
}

test("a pattern that backtracks for ever is ended by the watchdog", async () => {
  using stand = new LaneStand(
    `requestFilter() {
      const pattern = new URLPattern({ pathname: "/((?:a+)+)b" });
      return new Response(String(pattern.test("https://a.example/" + "a".repeat(60))));
    }`,
    { hookMs: 100 },
  );
  const outcome = await stand.run(stand.exchange(), CHAIN.request);
  assert.equal(outcome.error?.code, "script_timeout");
});

test("a stream that requests share hands each its own", async () => {
  using stand = new LaneStand(
    `async requestFilter(session) {
      const { value } = await shared.read();
      await new Promise((resolve) => setTimeout(resolve, 2));
      return new Response(session.id + " " + value);
    }`,
    {
      before: `let n = 0;
        const shared = new ReadableStream({ pull(c) { c.enqueue(n++) } }).getReader();`,
    },
  );
  const runs = [stand.exchange(), stand.exchange(), stand.exchange()];
  const outcomes = await Promise.all(runs.map((one) => stand.run(one, CHAIN.request)));
  assert.deepEqual(outcomes.map(answerText), ["id-1 0", "id-2 1", "id-3 2"]);
});

test("nothing of it is there for a script that names none of it", async () => {
  const names = ["Readable" + "Stream", "URL" + "Pattern"];
  assert.deepEqual(
    await inside(
      `${JSON.stringify(names.map((n) => [...n]))}.map((l) => l.join("") in globalThis)`,
    ),
    [false, false],
  );
});
