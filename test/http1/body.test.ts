// Body decoders: where a body ends, what comes out, and what is refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "../../src/base/errors.ts";
import { requestBody, responseBody } from "../../src/http1/body-decoder.ts";
import { CODEC_LIMITS } from "../../src/http1/limits.ts";
import { frameChunk, lastChunk } from "../../src/http1/serialise.ts";
import { fc } from "../support/property.ts";
import { CHUNKED, Collector, chunked, decode } from "./decoding.ts";

test("a sized body ends after its bytes, and what follows is left", () => {
  const { sink, rest } = decode(
    requestBody({ contentLength: 5, nominated: null }, CODEC_LIMITS),
    "helloGET /",
  );
  assert.equal(sink.text, "hello");
  assert.equal(sink.trailers, "");
  assert.equal(rest, "GET /");
});

test("chunks are views of the bytes that came, not copies", () => {
  const bytes = Buffer.from("xx5\r\nhello\r\n0\r\n\r\n");
  const sink = new Collector();
  assert.equal(chunked().feed(bytes, 2, sink), bytes.length);
  assert.equal(sink.chunks[0]?.buffer, bytes.buffer);
  const whole = Buffer.from("hello");
  const other = new Collector();
  requestBody({ contentLength: 9, nominated: null }, CODEC_LIMITS).feed(whole, 0, other);
  assert.equal(other.chunks[0], whole);
});

test("a chunked body ends with its last chunk, and what follows is left", () => {
  const { sink, rest } = decode(chunked(), "5\r\nhello\r\nA\r\n0123456789\r\n000\r\n\r\nGET /");
  assert.equal(sink.text, "hello0123456789");
  assert.equal(sink.trailers, "");
  assert.equal(rest, "GET /");
});

test("a body of unknown length ends when the peer closes", () => {
  const decoder = responseBody({ contentLength: -2, nominated: null }, CODEC_LIMITS);
  const { sink, isDone } = decode(decoder, "hello0\r\n\r\n");
  assert.equal(isDone, false);
  decoder.close(sink);
  assert.equal(decoder.isDone, true);
  assert.equal(sink.text, "hello0\r\n\r\n");
  assert.equal(sink.trailers, "");
});

test("a body that breaks off is truncated, never finished", () => {
  const bodies = [
    "5",
    "5\r",
    "5\r\n",
    "5\r\nhel",
    "5\r\nhello",
    "5\r\nhello\r\n",
    "0\r\n",
    "0\r\n\r",
  ];
  for (const text of ["", ...bodies, "0\r\na: b\r\n", "5;x"]) {
    for (const [decoder, code] of [
      [chunked(), "client_aborted"],
      [responseBody(CHUNKED, CODEC_LIMITS), "upstream_aborted"],
    ] as const) {
      const { sink } = decode(decoder, text);
      assert.equal(sink.trailers, null);
      assert.throws(() => decoder.close(sink), { name: "SluiceError", code }, text);
    }
  }
  const sized = { contentLength: 5, nominated: null };
  for (const [decoder, code] of [
    [requestBody(sized, CODEC_LIMITS), "client_aborted"],
    [responseBody(sized, CODEC_LIMITS), "upstream_aborted"],
  ] as const) {
    const { sink } = decode(decoder, "hell");
    assert.throws(() => decoder.close(sink), { name: "SluiceError", code });
  }
});

test("a body that is whole may be followed by the close", () => {
  const decoder = chunked();
  const { sink } = decode(decoder, "0\r\n\r\n");
  decoder.close(sink);
  requestBody({ contentLength: 0, nominated: null }, CODEC_LIMITS).close(sink);
  assert.equal(sink.trailers, "");
});

const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 6 });
const trailers = fc.constantFrom("", "A: 1\r\n", "A: 1\r\nB:\r\n");
const extension = fc.constantFrom("", ";a", ";a=b", ';q="x;y"');
const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 12 });

test("what was framed is decoded again, wherever the bytes are cut", () => {
  fc.assert(
    fc.property(pieces, trailers, cuts, (parts, lines, at) => {
      const framed = Buffer.concat(parts.map((part) => frameChunk(part))).toString("latin1");
      const { sink, rest, isDone } = decode(chunked(), `${framed}${lastChunk(lines)}NEXT`, at);
      assert.ok(isDone);
      assert.equal(sink.text, Buffer.concat(parts).toString("latin1"));
      assert.equal(sink.trailers, lines);
      assert.equal(rest, "NEXT");
    }),
  );
});

/** All that can be seen of one decoding, an error included. */
function outcome(text: string, at: readonly number[]): unknown {
  const decoder = chunked();
  try {
    const { sink, rest, isDone } = decode(decoder, text, at);
    return { text: sink.text, trailers: sink.trailers, rest: isDone ? rest : "", isDone };
  } catch (error) {
    return error instanceof SluiceError ? error.code : error;
  }
}

const noise = fc.constantFrom("\r", "\n", "\r\n", "0", "5", ";", " ", "a: b", "\0", "hello", "f");

test("the decoder's verdict does not depend on where the bytes are cut", () => {
  const message = fc.tuple(extension, fc.array(noise, { maxLength: 4 }), fc.nat({ max: 40 }));
  fc.assert(
    fc.property(message, cuts, ([ext, junk, where], at) => {
      const valid = `5${ext}\r\nhello\r\n3\r\nabc\r\n0\r\nA: b\r\n\r\n`;
      const text = valid.slice(0, where) + junk.join("") + valid.slice(where);
      assert.deepEqual(outcome(text, at), outcome(text, []));
      const everywhere = Array.from({ length: text.length }, (_, index) => index);
      assert.deepEqual(outcome(text, everywhere), outcome(text, []));
    }),
    { numRuns: 500 },
  );
});
