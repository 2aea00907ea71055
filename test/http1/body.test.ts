// Body decoders: where a body ends, what comes out, and what is refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type ErrorCode, SluiceError } from "../../src/base/errors.ts";
import type { BodyDecoder, BodySink } from "../../src/http1/body.ts";
import { requestBody, responseBody } from "../../src/http1/body-decoder.ts";
import { CODEC_LIMITS } from "../../src/http1/limits.ts";
import { frameChunk, lastChunk } from "../../src/http1/serialise.ts";
import { fc } from "../support/property.ts";

class Collector implements BodySink {
  readonly chunks: Buffer[] = [];
  trailers: string | null = null;

  onBody(chunk: Buffer): void {
    assert.equal(this.trailers, null, "no chunk comes behind the end");
    assert.ok(chunk.length > 0, "no chunk is empty");
    this.chunks.push(chunk);
  }

  onBodyEnd(trailers: string): void {
    assert.equal(this.trailers, null, "the end comes once");
    this.trailers = trailers;
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString("latin1");
  }
}

const CHUNKED = { contentLength: -1, nominated: null };

const chunked = (): BodyDecoder => requestBody(CHUNKED, CODEC_LIMITS);

/** Feeds `text` cut at `cuts`; what is left over after the end is given back. */
function decode(decoder: BodyDecoder, text: string, cuts: readonly number[] = []) {
  const sink = new Collector();
  const bytes = Buffer.from(text, "latin1");
  const ends = [...cuts.filter((cut) => cut < bytes.length), bytes.length].sort((a, b) => a - b);
  let from = 0;
  let consumed = 0;
  for (const end of ends) {
    const part = bytes.subarray(from, end);
    consumed += decoder.feed(part, 0, sink);
    from = end;
    if (decoder.isDone) break;
  }
  return { sink, rest: text.slice(consumed), isDone: decoder.isDone };
}

function refuses(code: ErrorCode, text: string, decoder = chunked()): void {
  assert.throws(
    () => decode(decoder, text),
    (error) => error instanceof SluiceError && error.code === code,
    `${code} for ${JSON.stringify(text.slice(0, 100))}`,
  );
}

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

test("a chunk size is hexadecimal digits, below 2^53, and nothing around them", () => {
  const sizes = ["", " 5", "5 ", "\t5", "0x5", "+5", "-5", "5_", "g", "5.", "5,", "5h", "\xb5"];
  for (const size of sizes) refuses("bad_request", `${size}\r\nhello\r\n0\r\n\r\n`);
  refuses("bad_request", "20000000000000\r\n");
  refuses("bad_request", "fffffffffffffffff\r\n");
  refuses("bad_request", `${"0".repeat(17)}\r\n`);
  assert.equal(decode(chunked(), "1fffffffffffff\r\nhel").sink.text, "hel");
  assert.equal(decode(chunked(), "0000000000000005\r\nhel").sink.text, "hel");
});

test("lines of chunks end with CRLF and nothing else", () => {
  const sizes = ["5\nhello\r\n0\r\n\r\n", "5\rhello\r\n0\r\n\r\n", "5\r\rhello", "5\r\n\nhello"];
  const ends = [
    "5\r\nhello\n0\r\n\r\n",
    "5\r\nhello\r0\r\n\r\n",
    "5\r\nhello0\r\n\r\n",
    "5\r\nhello \r\n",
  ];
  for (const text of [...sizes.slice(0, 3), ...ends, "5\r\nhello\r\r\n", "\r\n5\r\nhello"]) {
    refuses("bad_request", text);
  }
  // Five bytes, of which LF is the first: the chunk then lacks its CRLF.
  refuses("bad_request", sizes[3] ?? "");
  refuses("upstream_protocol", "5\nhello", responseBody(CHUNKED, CODEC_LIMITS));
});

test("extensions are ignored, and may not hold controls", () => {
  const text = '5;a=b;c="d e;"\t\r\nhello\r\n0;x=\xe4\r\n\r\n';
  assert.equal(decode(chunked(), text).sink.text, "hello");
  refuses("bad_request", "5;a\nb\r\nhello");
  refuses("bad_request", "5;a\0\r\nhello");
  refuses("bad_request", "5;a\rb\r\nhello");
});

test("extensions are bounded, all of a message together, by more than its body", () => {
  const max = CODEC_LIMITS.chunkExtensionBytesMax;
  assert.equal(decode(chunked(), `5;${"a".repeat(max)}\r\nhello`).sink.text, "hello");
  refuses("bad_request", `0;${"a".repeat(max + 1)}`);
  refuses("bad_request", `1;${"a".repeat(99)}\r\nx\r\n`.repeat(Math.ceil(max / 98)));
  const signed = `400;chunk-signature=${"a".repeat(64)}\r\n${"x".repeat(1_024)}\r\n`.repeat(500);
  assert.equal(decode(chunked(), `${signed}0\r\n\r\n`).sink.text.length, 512_000);
});

test("trailers come out as lines, without what frames, routes or authorises", () => {
  const kept = "Digest: x\r\nGrpc-Status: 0\r\n";
  const dropped = ["Host: b", "Content-Length: 3", "TRANSFER-ENCODING: chunked", "Cookie: a"];
  const more = ["Authorization: x", "Set-Cookie: a", "X-Forwarded-For: 1", "Trailer: x", "Via: x"];
  const lines = `${[...dropped, ...more].join("\r\n")}\r\n`;
  const { sink, rest } = decode(chunked(), `0\r\n${lines}${kept}\r\nGET`);
  assert.equal(sink.trailers, kept);
  assert.equal(rest, "GET");
});

test("what Connection had named is dropped from trailers too", () => {
  const decoder = requestBody({ contentLength: -1, nominated: new Set(["x-hop"]) }, CODEC_LIMITS);
  assert.equal(decode(decoder, "0\r\nA: 1\r\nX-Hop: 2\r\n\r\n").sink.trailers, "A: 1\r\n");
});

test("a trailer section that is not header lines, or too large, is refused", () => {
  for (const lines of ["a", "a : b", ": b", " a: b", "a: b\n", "a: \0", "a: b\r\n c", "\n"]) {
    refuses("bad_request", `0\r\n${lines}\r\n\r\n`);
    refuses("upstream_protocol", `0\r\n${lines}\r\n\r\n`, responseBody(CHUNKED, CODEC_LIMITS));
  }
  const large = `0\r\na: ${"b".repeat(CODEC_LIMITS.trailerBytesMax)}`;
  refuses("headers_too_large", large);
  refuses("upstream_protocol", large, responseBody(CHUNKED, CODEC_LIMITS));
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
