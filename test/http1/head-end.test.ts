// Where a head ends, and what is refused before it does.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type ErrorCode, SluiceError } from "../../src/base/errors.ts";
import { checkUnfinishedHead, findHeadEnd, headText } from "../../src/http1/head-end.ts";
import { CODEC_LIMITS } from "../../src/http1/limits.ts";

const endOf = (text: string, from = 0): number => findHeadEnd(Buffer.from(text, "latin1"), from);

function check(text: string, of: "request" | "response" = "request", fresh = 0): void {
  checkUnfinishedHead(Buffer.from(text, "latin1"), { of, start: 0, fresh }, CODEC_LIMITS);
}

function refuses(code: ErrorCode, text: string, of: "request" | "response" = "request"): void {
  assert.throws(
    () => check(text, of),
    (error) => error instanceof SluiceError && error.code === code,
    JSON.stringify(text.slice(0, 100)),
  );
}

test("a head ends behind its empty line", () => {
  assert.equal(endOf("GET / HTTP/1.1\r\n\r\nrest"), 18);
  assert.equal(endOf("xx\r\n\r\nGET /\r\n\r\n", 6), 15);
  for (const text of ["", "GET /", "GET /\r\n", "GET /\r\n\r", "GET /\n\n", "GET /\r\r\n\n"]) {
    assert.equal(endOf(text), -1, JSON.stringify(text));
  }
});

test("up to two empty lines in front belong to the head", () => {
  assert.equal(endOf("\r\nA\r\n\r\n"), 7);
  assert.equal(endOf("\r\n\r\nA\r\n\r\n"), 9);
  assert.equal(endOf("\r\n\r\n"), -1);
  assert.equal(endOf("\r\n\r\n\r\n\r\n"), 8);
});

test("the text of a head is what stands before its end, however much follows", () => {
  const heads = ["A\r\n\r\n", "\r\nA\r\n\r\n", "\r\n\r\nA:\xe4\r\n\r\n", "\r\n\r\n", "A\r\n", ""];
  for (const head of [...heads, `A${"b".repeat(5_000)}\r\n\r\n`]) {
    for (const rest of ["", "r", "\r\n\r\n", "r".repeat(5_000)]) {
      for (const before of ["", "x\r\n\r\n"]) {
        const bytes = Buffer.from(before + head + rest, "latin1");
        const end = findHeadEnd(bytes, before.length);
        const expected = end === -1 ? "" : bytes.toString("latin1", before.length, end);
        assert.equal(headText(bytes, before.length), expected);
      }
    }
  }
});

test("a head in pieces may be cut anywhere", () => {
  const text = "\r\nGET / HTTP/1.1\r\nA:\tb\xe4\r\n\r";
  for (let length = 0; length <= text.length; length++) check(text.slice(0, length));
});

test("a bare CR or LF, or another control, is refused before the head has ended", () => {
  for (const text of ["GET /\n", "\n", "A\rB", "A\0", "A\x7f", "A\r\rB", "\r\n\nA", "A\x0b"]) {
    refuses("bad_request", text);
    refuses("upstream_protocol", text, "response");
  }
});

test("only fresh bytes are looked at, with the CR that may stand before them", () => {
  check("A\nB", "request", 2);
  check("A\r\nB", "request", 2);
  assert.throws(() => check("AB\nC", "request", 2), SluiceError);
});

test("what is too long already is refused as what it is", () => {
  refuses("uri_too_long", `GET /${"a".repeat(CODEC_LIMITS.targetBytesMax + 64)}`);
  check(`GET /${"a".repeat(CODEC_LIMITS.targetBytesMax)}`);
  const long = `GET / HTTP/1.1\r\nA: ${"a".repeat(CODEC_LIMITS.headBytesMax)}`;
  refuses("headers_too_large", long);
  refuses("upstream_protocol", long, "response");
  check(long.slice(0, CODEC_LIMITS.headBytesMax));
});
