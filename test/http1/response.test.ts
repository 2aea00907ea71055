// Response heads: what is accepted from a peer, as what, and what is refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "../../src/base/errors.ts";
import { CODEC_LIMITS } from "../../src/http1/limits.ts";
import type { ResponseHead } from "../../src/http1/messages.ts";
import { parseResponseHead } from "../../src/http1/response.ts";

/** Lines of a head, without the empty one. */
function parse(...lines: string[]): ResponseHead {
  return answerTo("GET", ...lines);
}

function answerTo(method: string, ...lines: string[]): ResponseHead {
  return parseResponseHead(`${lines.join("\r\n")}\r\n\r\n`, method, CODEC_LIMITS);
}

function refuses(...lines: string[]): void {
  const text = `${lines.join("\r\n")}\r\n\r\n`;
  assert.throws(
    () => parseResponseHead(text, "GET", CODEC_LIMITS),
    (error) => error instanceof SluiceError && error.code === "upstream_protocol",
    JSON.stringify(text.slice(0, 200)),
  );
}

const OK = "HTTP/1.1 200 OK";
const CHUNKED = "Transfer-Encoding: chunked";

test("a plain head comes out whole, Content-Length and Date staying in the block", () => {
  const lines = ["Date: x", "Content-Length: 3", "Set-Cookie: a", "set-cookie: b"];
  assert.deepEqual(parse("HTTP/1.1 404 Not  Found ", ...lines, "Connection: keep-alive"), {
    status: 404,
    reason: "Not  Found ",
    minor: 1,
    headers: "Date: x\r\nContent-Length: 3\r\nSet-Cookie: a\r\nset-cookie: b\r\n",
    contentLength: 3,
    statedLength: 3,
    keepAlive: true,
    keepAliveTerms: null,
    authenticate: null,
    upgrade: "",
    hasDate: true,
    hasRequestId: false,
    nominated: null,
  });
});

test("a status line is a version, three digits and any reason", () => {
  assert.equal(parse("HTTP/1.1 200", "Content-Length: 0").reason, "");
  assert.equal(parse("HTTP/1.1 200 ", "Content-Length: 0").reason, "");
  assert.equal(parse("HTTP/1.1 299 \xe4\t", "Content-Length: 0").reason, "\xe4\t");
  assert.equal(parse("HTTP/1.0 999 x", "Content-Length: 0").status, 999);
  const statuses = [
    "HTTP/1.1 20 x",
    "HTTP/1.1 2000",
    "HTTP/1.1 099",
    "HTTP/1.1 +20",
    "HTTP/1.1 2x0",
  ];
  const versions = [
    "HTTP/2 200 OK",
    "HTTP/1.2 200 OK",
    "http/1.1 200 OK",
    "ICY 200 OK",
    "200 OK",
    "",
  ];
  const blanks = ["HTTP/1.1  200", " HTTP/1.1 200", "HTTP/1.1\t200", "HTTP/1.1 200OK", "HTTP/1.1"];
  for (const line of [...statuses, ...versions, ...blanks, "HTTP/1.1 200 a\0", "HTTP/1.1 200 \r"]) {
    refuses(line, "Content-Length: 0");
  }
});

test("blanks before a colon are taken out, and what is behind them counts", () => {
  const head = parse(OK, "A : 1", "B\t : 2", "Content-Length : 3", "Connection : close");
  assert.equal(head.headers, "A: 1\r\nB: 2\r\nContent-Length: 3\r\n");
  assert.equal(head.contentLength, 3);
  assert.equal(head.keepAlive, false);
  refuses(OK, "Content-Length : 3", "Content-Length: 3");
});

test("any other line that is not a header field is refused, a folded one too", () => {
  const names = [": a", " : a", "a", "a b: c", " a: b", "\ta: b", "A: b\r\n folded", "\xe4: a"];
  for (const line of [...names, "A: \0", "A: b\rC: d", "A: b\nC: d", "A: \x7f"]) {
    refuses(OK, "Content-Length: 0", line);
    refuses(OK, line, "Content-Length: 0");
  }
});

test("without a length the body lasts until the peer closes", () => {
  assert.equal(parse(OK).contentLength, -2);
  assert.equal(parse(OK).keepAlive, false);
  assert.equal(parse(OK, "Connection: keep-alive").keepAlive, false);
});

test("an invalid length is refused even where no body can be", () => {
  for (const value of ["", "+3", "-1", "3, 3", "0x3", "9007199254740992", "a"]) {
    refuses(OK, `Content-Length: ${value}`);
    refuses("HTTP/1.1 304 x", `Content-Length: ${value}`);
  }
  refuses(OK, "Content-Length: 3", "Content-Length: 3");
});

test("chunked alone is decoded, and any other coding is refused", () => {
  assert.equal(parse(OK, CHUNKED).contentLength, -1);
  assert.equal(parse(OK, CHUNKED).headers, "");
  for (const value of ["gzip, chunked", "gzip", "identity", "chunked, chunked", ""]) {
    refuses(OK, `Transfer-Encoding: ${value}`);
  }
  refuses(OK, CHUNKED, CHUNKED);
  refuses("HTTP/1.0 200 OK", CHUNKED);
});

test("chunked overrides a length, which leaves the block, and the connection ends", () => {
  const head = parse(OK, "Content-Length: 3", CHUNKED, "A: 1");
  assert.equal(head.contentLength, -1);
  assert.equal(head.headers, "A: 1\r\n");
  assert.equal(head.keepAlive, false);
});

test("HEAD and 304 keep their length but have no body", () => {
  for (const head of [
    answerTo("HEAD", OK, "Content-Length: 3"),
    parse("HTTP/1.1 304 Not Modified", "Content-Length: 3"),
  ]) {
    assert.equal(head.contentLength, 0);
    assert.equal(head.headers, "Content-Length: 3\r\n");
    assert.equal(head.keepAlive, true);
  }
  assert.equal(answerTo("HEAD", OK).keepAlive, true);
  assert.equal(answerTo("HEAD", OK, CHUNKED).contentLength, 0);
});

test("1xx and 204 have neither body nor length, and a peer that announces one is not kept", () => {
  for (const status of [100, 103, 204]) {
    const line = `HTTP/1.1 ${status} x`;
    assert.equal(parse(line).contentLength, 0);
    assert.equal(parse(line).keepAlive, true);
    assert.equal(parse(line, "Content-Length: 0").headers, "");
    assert.equal(parse(line, "Content-Length: 0").keepAlive, true);
    assert.equal(parse(line, "Content-Length: 3").headers, "");
    assert.equal(parse(line, "Content-Length: 3").contentLength, 0);
    assert.equal(parse(line, "Content-Length: 3").keepAlive, false);
    assert.equal(parse(line, CHUNKED).contentLength, 0);
    assert.equal(parse(line, CHUNKED).keepAlive, false);
  }
});

test("a 101 names the protocol it switches to", () => {
  const line = "HTTP/1.1 101 Switching Protocols";
  const head = parse(line, "Connection: Upgrade", "Upgrade: WebSocket", "A: 1");
  assert.equal(head.upgrade, "websocket");
  assert.equal(head.headers, "A: 1\r\n");
  assert.equal(head.contentLength, 0);
  refuses(line, "Upgrade: websocket");
  refuses(line, "Connection: upgrade");
  refuses(line, "Connection: upgrade", "Upgrade: a b");
  refuses("HTTP/1.0 101 x", "Connection: upgrade", "Upgrade: websocket");
  assert.equal(parse(OK, "Connection: upgrade", "Upgrade: h2c").upgrade, "");
});

test("what belongs to the connection leaves the block, what Connection names too", () => {
  const lines = ["Keep-Alive: x", "Proxy-Connection: x", "Proxy-Authenticate: x", "X-Hop: 1"];
  const head = parse(OK, "A: 1", ...lines, "Connection: x-hop, set-cookie", "Set-Cookie: a");
  assert.equal(head.headers, "A: 1\r\nSet-Cookie: a\r\n");
  assert.deepEqual(head.nominated, new Set(["x-hop"]));
  assert.equal(parse(OK, "Via: a", "Trailer: x").headers, "Via: a\r\nTrailer: x\r\n");
});

test("a peer of HTTP/1.0 is kept only if it says so", () => {
  assert.equal(parse("HTTP/1.0 200 OK", "Content-Length: 3").keepAlive, false);
  const asked = parse("HTTP/1.0 200 OK", "Content-Length: 3", "Connection: keep-alive");
  assert.equal(asked.keepAlive, true);
  assert.equal(parse(OK, "Content-Length: 3", "Connection: CLOSE").keepAlive, false);
});

test("heads and lines have their limits", () => {
  refuses(OK, `A: ${"b".repeat(CODEC_LIMITS.headBytesMax)}`);
  refuses(OK, ...Array.from({ length: CODEC_LIMITS.headerLinesMax + 1 }, () => "a:"));
});
