// CompressionStream and DecompressionStream in a real isolate: Node's as the oracle of what they
// are, and Node's zlib of what they make.

import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync, gzipSync, inflateRawSync, inflateSync } from "node:zlib";
import { inside } from "./inside.ts";
import { sameAsNode } from "./same-as-node.ts";

const BEFORE = `
  const through = async (bytes, stream) => [...await new Response(new Response(bytes).body
    .pipeThrough(stream)).bytes()];
  const failing = async (run) => { try { return await run() } catch (e) { return e.name } };
  const gzipped = [${[...gzipSync("a line\n".repeat(1000))]}];
  const make = (format, Kind) => {
    try { return typeof new Kind(format) } catch (e) { return e.name } };`;

const CASES: Readonly<Record<string, string>> = {
  "what gzip has made is decoded": `through(new Uint8Array(gzipped), new DecompressionStream("gzip"))
    .then((bytes) => new TextDecoder().decode(new Uint8Array(bytes)))`,
  "other formats are none": `[make("br2", CompressionStream), make("gzip", CompressionStream),
    make("", DecompressionStream)]`,
  "data that ends too soon, has more behind its end, or is none": `Promise.all([
    gzipped.slice(0, 20), [...gzipped, 1, 2, 3], [], [1, 2, 3, 4]].map((data) => failing(() =>
    through(new Uint8Array(data), new DecompressionStream("gzip")))))`,
  "text is no chunk of it": `failing(() => new Response(new ReadableStream({ start(c) {
    c.enqueue(7); c.close(); } }).pipeThrough(new CompressionStream("gzip"))).text())`,
};

for (const [title, expression] of Object.entries(CASES)) {
  test(`${title}, as in Node`, () => sameAsNode(expression, BEFORE));
}

test("zlib undoes what each format has made of many chunks", async () => {
  const undo = { gzip: gunzipSync, deflate: inflateSync, "deflate-raw": inflateRawSync };
  for (const [format, decode] of Object.entries(undo)) {
    const made = await inside(
      `(async () => { let n = 0; const source = new ReadableStream({ pull(c) {
        if (n++ < 50) c.enqueue(new TextEncoder().encode("piece " + n + ",")); else c.close(); } });
      return [...await new Response(source.pipeThrough(new CompressionStream("${format}"))).bytes()]
      })()`,
    );
    const text = decode(Buffer.from(made as number[])).toString();
    assert.match(text, /^piece 1,.*piece 50,$/);
  }
});

test("a body that decodes to far too much is refused, whatever takes it", async () => {
  const bomb = gzipSync(Buffer.alloc(2 ** 26));
  const told = await inside(
    `(async () => { let bytes = 0; const body = new Response(new Uint8Array([${[...bomb]}])).body;
      try { for await (const chunk of body.pipeThrough(new DecompressionStream("gzip"))) {
        bytes += chunk.length; } } catch (error) { return [error.message, bytes < 2 ** 25]; } })()`,
  );
  assert.deepEqual(told, ["it decodes to far too much", true]);
});

test("a Blob is a stream, piece by piece", async () => {
  const told = await inside(
    `(async () => { const sizes = []; const blob = new Blob([new Uint8Array(150_000)]);
      for await (const piece of blob.stream()) sizes.push(piece.length); return sizes; })()`,
  );
  assert.deepEqual(told, [65_536, 65_536, 18_928]);
});
