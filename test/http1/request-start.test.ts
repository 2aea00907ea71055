// Where a request head begins and ends: first line, target, limits.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "../../src/base/errors.ts";
import { CODEC_LIMITS } from "../../src/http1/limits.ts";
import { parseRequestHead } from "../../src/http1/request.ts";
import { GET, HOST, parse, refuses } from "./request-lines.ts";

test("any token is a method, and is forwarded as it was sent", () => {
  for (const method of ["get", "PURGE", "M-SEARCH", "!#$%&'*+-.^_`|~", "A".repeat(100)]) {
    assert.equal(parse(`${method} / HTTP/1.1`, HOST).method, method);
  }
});

test("a first line with anything else than three words in their grammar is refused", () => {
  const lines = ["GET  / HTTP/1.1", " GET / HTTP/1.1", "GET / HTTP/1.1 ", "GET\t/\tHTTP/1.1"];
  const words = ["GET HTTP/1.1", "GET /", "GET", "", "/ HTTP/1.1", "GET / a HTTP/1.1"];
  const methods = ["G(T / HTTP/1.1", "GÉT / HTTP/1.1", "G\0T / HTTP/1.1", ": / HTTP/1.1"];
  const versions = ["GET / http/1.1", "GET / HTTP/1", "GET / HTTP/1.10", "GET / HTTP/11"];
  const more = ["GET / HTTP/x.1", "GET / HTTP /1.1", "GET / HTTPS/1.1", "GET / HTTP/1.1\0"];
  for (const line of [...lines, ...words, ...methods, ...versions, ...more]) {
    refuses("bad_request", line, HOST);
  }
});

test("another version of HTTP is refused as such", () => {
  for (const version of ["2.0", "0.9", "3.0", "1.2", "1.9", "9.9"]) {
    refuses("version_not_supported", `GET / HTTP/${version}`, HOST);
  }
  refuses("version_not_supported", "PRI * HTTP/2.0");
});

test("a target is visible ASCII without a fragment, and is kept byte for byte", () => {
  for (const target of ["/", "//a//b", "/..%2F../x", '/a;b?c|d[e]{f}"\\^`', "/?http://b/"]) {
    assert.equal(parse(`GET ${target} HTTP/1.1`, HOST).target, target);
  }
  for (const target of ["/a#b", "/a\x7f", "/\xe4", "/a\0", "/a\tb", "a", "?a", "#", "a/b"]) {
    refuses("bad_request", `GET ${target} HTTP/1.1`, HOST);
  }
});

test("an absolute target overrides Host, in the block too", () => {
  const head = parse("GET http://B.example:81/x?y HTTP/1.1", "A: 1", "host: a", "B: 2");
  assert.equal(head.target, "/x?y");
  assert.equal(head.host, "b.example:81");
  assert.equal(head.headers, "A: 1\r\nHost: b.example:81\r\nB: 2\r\n");
  assert.equal(parse("GET HTTPS://b HTTP/1.1", HOST).target, "/");
  assert.equal(parse("GET http://b?x HTTP/1.1", HOST).target, "/?x");
  const old = parse("GET http://b/ HTTP/1.0", "A: 1");
  assert.equal(old.host, "b");
  assert.equal(old.headers, "A: 1\r\nHost: b\r\n");
});

test("an absolute target does not excuse a missing or invalid Host", () => {
  refuses("bad_request", "GET http://b/ HTTP/1.1");
  refuses("bad_request", "GET http://b/ HTTP/1.1", "Host: a", "Host: a");
  refuses("bad_request", "GET http://b/ HTTP/1.1", "Host: a/b");
});

test("an absolute target with a user, no host or another scheme is refused", () => {
  for (const target of ["http://u@b/", "http://u:p@b/", "http:///x", "http://", "ftp://b/"]) {
    refuses("bad_request", `GET ${target} HTTP/1.1`, HOST);
  }
  for (const target of ["http:/b", "http://b:x/", "http://b\\c/", "file:///x", "b:80"]) {
    refuses("bad_request", `GET ${target} HTTP/1.1`, HOST);
  }
});

test("an asterisk is a target of OPTIONS only, also when it is written as a bare origin", () => {
  assert.equal(parse("OPTIONS * HTTP/1.1", HOST).target, "*");
  assert.equal(parse("OPTIONS http://b HTTP/1.1", HOST).target, "*");
  assert.equal(parse("OPTIONS http://b/ HTTP/1.1", HOST).target, "/");
  assert.equal(parse("OPTIONS http://b?x HTTP/1.1", HOST).target, "/?x");
  refuses("bad_request", "GET * HTTP/1.1", HOST);
  refuses("bad_request", "OPTIONS ** HTTP/1.1", HOST);
});

test("CONNECT and TRACE are switched off, whatever their target", () => {
  refuses("method_not_allowed", "CONNECT b:443 HTTP/1.1", HOST);
  refuses("method_not_allowed", "CONNECT / HTTP/1.1", HOST);
  refuses("method_not_allowed", "TRACE / HTTP/1.1", HOST);
});

test("a head that ends early, late or not at all is refused", () => {
  for (const end of [
    "",
    "\r\n",
    "\n\n",
    "\r\n\r\nX",
    "\r\n\r\n\r\n",
    "\r\n\n",
    "\r\n\r\nA: b\r\n\r\n",
  ]) {
    assert.throws(() => parseRequestHead(`${GET}\r\n${HOST}${end}`, CODEC_LIMITS), SluiceError);
  }
});

test("one or two empty lines in front are skipped, a third is not", () => {
  assert.equal(parse("", GET, HOST).method, "GET");
  assert.equal(parse("", "", GET, HOST).method, "GET");
  refuses("bad_request", "", "", "", GET, HOST);
  assert.throws(() => parseRequestHead(`\n${GET}\r\n${HOST}\r\n\r\n`, CODEC_LIMITS), SluiceError);
});

test("targets, heads and lines have their limits, exactly", () => {
  const target = (length: number): string => `GET /${"a".repeat(length - 1)} HTTP/1.1`;
  assert.equal(parse(target(CODEC_LIMITS.targetBytesMax), HOST).target.length, 8_192);
  refuses("uri_too_long", target(CODEC_LIMITS.targetBytesMax + 1), HOST);
  const rest = `${GET}\r\n${HOST}\r\nA: \r\n\r\n`.length;
  const room = CODEC_LIMITS.headBytesMax - rest;
  assert.equal(parse(GET, HOST, `A: ${"b".repeat(room)}`).method, "GET");
  refuses("headers_too_large", GET, HOST, `A: ${"b".repeat(room + 1)}`);
  const lines = (count: number): string[] => Array.from({ length: count }, () => "a:");
  assert.equal(parse(GET, HOST, ...lines(CODEC_LIMITS.headerLinesMax - 1)).method, "GET");
  refuses("headers_too_large", GET, HOST, ...lines(CODEC_LIMITS.headerLinesMax));
});
