// The chunked coding: sizes, line ends, extensions, trailers, and what is refused of each.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { BodyDecoder } from "../../src/http1/body.ts";
import { requestBody, responseBody } from "../../src/http1/body-decoder.ts";
import { CODEC_LIMITS } from "../../src/http1/limits.ts";
import { CHUNKED, chunked, decode, refuses } from "./decoding.ts";

test("a chunk size is hexadecimal digits, below 2^53, and nothing around them", () => {
  const sizes = ["", " 5", "5 ", "\t5", "0x5", "+5", "-5", "5_", "g", "5.", "5,", "5h", "\xb5"];
  for (const size of sizes) refuses("bad_request", `${size}\r\nhello\r\n0\r\n\r\n`);
  refuses("bad_request", "20000000000000\r\n");
  refuses("bad_request", "fffffffffffffffff\r\n");
  refuses("bad_request", `${"0".repeat(17)}\r\n`);
  assert.equal(decode(chunked(), "1fffffffffffff\r\nhel").sink.text, "hel");
  assert.equal(decode(chunked(), "0000000000000005\r\nhel").sink.text, "hel");
});

test("behind the size of a response's chunk there may be blanks, as RFC 9112 section 7.1.1 has it", () => {
  const response = (): BodyDecoder => responseBody(CHUNKED, CODEC_LIMITS);
  for (const size of ["5 ", "5\t", "5   \t ", "5 ;a=b", "5\t; a = b", "05  "]) {
    const text = `${size}\r\nhello\r\n0 \r\n\r\n`;
    const cuts = Array.from({ length: text.length }, (_, at) => at);
    assert.equal(decode(response(), text, cuts).sink.text, "hello");
    assert.ok(decode(response(), text).isDone);
  }
  for (const size of [" 5", "\t5", "5 5", "5 h", "5 \xa0", " ", "5 \n"]) {
    refuses("upstream_protocol", `${size}\r\nhello\r\n0\r\n\r\n`, response());
  }
  const blanks = " ".repeat(CODEC_LIMITS.chunkExtensionBytesMax + 6);
  refuses("upstream_protocol", `5${blanks}\r\nhello`, response());
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
