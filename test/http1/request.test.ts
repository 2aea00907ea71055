// The fields of request heads: framing, connection, Host, and what is noted.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { RequestHead } from "../../src/http1/messages.ts";
import { GET, HOST, parse, refuses } from "./request-lines.ts";

test("a plain head comes out whole, its block as one slice of the text", () => {
  assert.deepEqual(parse("GET /a%2fb?x=1 HTTP/1.1", "Host: A.example:8080", "Accept: */*"), {
    method: "GET",
    target: "/a%2fb?x=1",
    minor: 1,
    host: "a.example:8080",
    headers: "Host: A.example:8080\r\nAccept: */*\r\n",
    contentLength: 0,
    statedLength: -1,
    keepAlive: true,
    upgrade: "",
    expectContinue: false,
    acceptsTrailers: false,
    hasAuthorization: false,
    noted: null,
    nominated: null,
  });
});

test("all heads have the same shape, whatever was in them", () => {
  const keys = Object.keys(parse(GET, HOST)).join();
  const full = parse(GET, HOST, "Via: x", "Connection: x-a", "Content-Length: 1");
  assert.equal(Object.keys(full).join(), keys);
});

test("exactly one valid Host is needed, none at all is right for HTTP/1.0", () => {
  refuses("bad_request", GET);
  for (const value of ["", "a, b", "a,a", "a@b/c", "a b", "a:b", "[::1", "a\xe4"]) {
    refuses("bad_request", GET, `Host: ${value}`);
    refuses("bad_request", "GET / HTTP/1.0", `Host: ${value}`);
  }
  refuses("bad_request", GET, HOST, HOST);
  refuses("bad_request", GET, HOST, "hOST: b");
  refuses("bad_request", GET, HOST, "Host:");
  assert.equal(parse("GET / HTTP/1.0").host, "");
  assert.equal(parse("GET / HTTP/1.0", "Host: B").host, "b");
});

test("a line that is not a header field is refused", () => {
  const names = ["A : b", "A\t: b", ": b", "A", "A b: c", "Ä: b", "A(: b", " A: b", "\tA: b"];
  const values = ["A: \0", "A: b\x01", "A: b\x7f", "A: b\rC: d", "A: b\nC: d", "A: \x1b[0m"];
  for (const line of [...names, ...values, "A: b\r\n folded", "A: b\r\n\tfolded", "A: b\r"]) {
    refuses("bad_request", GET, HOST, line);
    refuses("bad_request", GET, line, HOST);
  }
  refuses("bad_request", GET, HOST, "Connection : close");
  refuses("bad_request", GET, HOST, "Content-Length\t: 1");
  refuses("bad_request", GET, HOST, "Connection: a\0");
});

test("values may hold tabs and 8-bit bytes, and come out unchanged", () => {
  const head = parse(GET, HOST, "A: \xe4\xff\x80", "B:\tb\tc\t", "C:");
  assert.equal(head.headers, "Host: a\r\nA: \xe4\xff\x80\r\nB:\tb\tc\t\r\nC:\r\n");
});

test("Content-Length is one whole number", () => {
  const post = (value: string): RequestHead => parse("POST / HTTP/1.1", HOST, value);
  assert.equal(post("Content-Length: 0").contentLength, 0);
  assert.equal(post("Content-Length:\t5 ").contentLength, 5);
  assert.equal(post("content-length: 9007199254740991").contentLength, 2 ** 53 - 1);
  assert.match(post("Content-Length: 5").headers, /Content-Length: 5\r\n$/);
  const wrong = ["", "+3", "-1", "3,3", "3, 3", "0x3", "3_0", "3.0", "1e3", "3 3", "a", "３"];
  for (const value of [...wrong, "9007199254740992", "00000000000000005", "٣", "3;"]) {
    refuses("bad_request", "POST / HTTP/1.1", HOST, `Content-Length: ${value}`);
  }
  refuses("bad_request", "POST / HTTP/1.1", HOST, "Content-Length: 3", "Content-Length: 3");
  refuses("bad_request", "POST / HTTP/1.1", HOST, "Content-Length: 3", "content-length: 4");
});

test("chunked is the only transfer coding, alone and once", () => {
  for (const value of ["chunked", "CHUNKED", "  chunked "]) {
    const head = parse("DELETE / HTTP/1.1", "Host:a", `Transfer-Encoding:${value}`);
    assert.equal(head.contentLength, -1);
    assert.equal(head.headers, "Host:a\r\n");
  }
  const unknown = [
    "gzip, chunked",
    "xchunked",
    "identity",
    "foo",
    "identity, chunked",
    "gzip, foo",
  ];
  for (const value of unknown) {
    refuses("not_implemented", "POST / HTTP/1.1", HOST, `Transfer-Encoding: ${value}`);
  }
  const endless = ["", ",", "gzip", "chunked, gzip", "chunked, chunked", "chunked, identity"];
  for (const value of [
    ...endless,
    "chunked;q=1",
    "chunked,",
    "\x0bchunked",
    "chunked\xa0",
    "chunked\t",
    "\tchunked",
    "[]",
  ]) {
    refuses("bad_request", "POST / HTTP/1.1", HOST, `Transfer-Encoding: ${value}`);
  }
  const chunked = "Transfer-Encoding: chunked";
  refuses("bad_request", "POST / HTTP/1.1", HOST, chunked, chunked);
  refuses("not_implemented", "POST / HTTP/1.1", HOST, "Transfer-Encoding: x", chunked);
});

test("two lengths, or a transfer coding in HTTP/1.0, are refused", () => {
  const chunked = "Transfer-Encoding: chunked";
  refuses("bad_request", "POST / HTTP/1.1", HOST, "Content-Length: 3", chunked);
  refuses("bad_request", "POST / HTTP/1.1", HOST, chunked, "Content-Length: 0");
  refuses("bad_request", "POST / HTTP/1.0", HOST, chunked);
});

test("the connection stays unless HTTP/1.1 says close, or HTTP/1.0 does not say keep-alive", () => {
  assert.equal(parse(GET, HOST, "Connection: Close").keepAlive, false);
  assert.equal(parse(GET, HOST, "Connection: keep-alive", "Connection: close").keepAlive, false);
  assert.equal(parse(GET, HOST, "Connection: x, ,keep-alive").keepAlive, true);
  assert.equal(parse("GET / HTTP/1.0", HOST).keepAlive, false);
  assert.equal(parse("GET / HTTP/1.0", HOST, "Connection: Keep-Alive").keepAlive, true);
  assert.equal(parse("GET / HTTP/1.0", "Connection: close, keep-alive").keepAlive, false);
  // Not a blank in HTTP, though JavaScript's trim takes it for one.
  assert.equal(parse("GET / HTTP/1.0", "Connection: keep-alive\xa0").keepAlive, false);
});

test("what belongs to the connection leaves the block", () => {
  const lines = [
    "Keep-Alive: timeout=5",
    "Proxy-Connection: keep-alive",
    "TE: trailers",
    "UPGRADE: x",
  ];
  const more = [
    "Proxy-Authenticate: Basic",
    "Proxy-Authorization: Basic eA==",
    "HTTP2-Settings: AA",
  ];
  const head = parse(GET, "A: 1", "Connection: keep-alive", HOST, ...lines, ...more, "B: 2");
  assert.equal(head.headers, "A: 1\r\nHost: a\r\nB: 2\r\n");
  const longer = "Upgrade-Insecure-Requests: 1\r\nTee: 1\r\nConnections: 2\r\n";
  assert.equal(parse(GET, HOST, longer.trimEnd()).headers, `Host: a\r\n${longer}`);
});

test("what Connection names leaves the block, except what is meant for the far end", () => {
  const named = parse(GET, HOST, "X-A: 1", "Connection: close, X-a", "x-a: 2", "X-B: 3");
  assert.equal(named.headers, "Host: a\r\nX-B: 3\r\n");
  assert.deepEqual(named.nominated, new Set(["x-a"]));
  const kept = [
    "Host: a",
    "Authorization: x",
    "Cookie: b",
    "Content-Length: 0",
    "Range: bytes=0-1",
  ];
  const attack = "Connection: host, authorization, Cookie, content-length, range, keep-alive";
  assert.equal(parse(GET, ...kept, attack).headers, `${kept.join("\r\n")}\r\n`);
});

test("fields that the proxy decides about are noted and leave the block, repeats joined", () => {
  const forwarded = ["X-Forwarded-For: 1.1.1.1", "X-FORWARDED-FOR: 2.2.2.2", "Forwarded: for=x"];
  const more = ["x-forwarded-proto: https", "X-Forwarded-Host: h", "X-Forwarded-Port: 1"];
  const rest = [
    "Via: 1.1 a",
    "X-Request-Id: r",
    "Max-Forwards: 3",
    "Connection: via, x-request-id",
  ];
  const head = parse(GET, HOST, ...forwarded, ...more, ...rest);
  assert.equal(head.headers, "Host: a\r\n");
  assert.deepEqual(head.noted, {
    forwardedFor: "1.1.1.1, 2.2.2.2",
    forwarded: "for=x",
    forwardedProto: "https",
    forwardedHost: "h",
    forwardedPort: "1",
    via: "1.1 a",
    requestId: "r",
    maxForwards: "3",
  });
});

test("an Upgrade counts if Connection names it, in HTTP/1.1", () => {
  const ask = ["Connection: keep-alive, Upgrade", "Upgrade: WebSocket"];
  assert.equal(parse(GET, HOST, ...ask).upgrade, "websocket");
  assert.equal(parse(GET, HOST, ...ask).headers, "Host: a\r\n");
  assert.equal(parse(GET, HOST, "Upgrade: websocket").upgrade, "");
  assert.equal(parse(GET, HOST, "Connection: upgrade").upgrade, "");
  assert.equal(parse("GET / HTTP/1.0", HOST, ...ask).upgrade, "");
  assert.equal(parse(GET, HOST, ...ask, "Content-Length: 3").upgrade, "websocket");
  assert.equal(parse(GET, HOST, "Connection: upgrade", "Upgrade: a b").upgrade, "");
  assert.equal(
    parse(GET, HOST, "Connection: upgrade", "Upgrade: h2c, Foo/2").upgrade,
    "h2c, foo/2",
  );
});

test("Expect is 100-continue or nothing", () => {
  const post = ["POST / HTTP/1.1", HOST, "Content-Length: 3"];
  const head = parse(...post, "Expect: 100-Continue");
  assert.equal(head.expectContinue, true);
  assert.equal(head.headers, "Host: a\r\nContent-Length: 3\r\n");
  for (const value of ["y 100-continue", "100-continue, x", "200-ok", "100-continue;x"]) {
    refuses("expectation_failed", ...post, `Expect: ${value}`);
  }
  refuses("expectation_failed", ...post, "Expect: 100-continue", "Expect: x");
  for (const value of ["", ",", " , "]) {
    assert.equal(parse(...post, `Expect: ${value}`).expectContinue, false, value);
  }
  for (const lines of [
    ["Expect: 100-continue", "Expect: 100-Continue"],
    ["Expect: 100-continue, 100-continue,"],
    ["Expect:", "Expect: 100-continue"],
  ]) {
    assert.equal(parse(...post, ...lines).expectContinue, true, lines.join());
  }
  // A 1.0 client does not know the answer; without a body there is nothing to wait for.
  assert.equal(
    parse("POST / HTTP/1.0", HOST, "Content-Length: 3", "Expect: 100-continue").expectContinue,
    false,
  );
  assert.equal(parse(GET, HOST, "Expect: 100-continue").expectContinue, false);
});

test("a client takes trailers if TE has the word", () => {
  assert.equal(parse(GET, HOST, "TE: trailers").acceptsTrailers, true);
  assert.equal(parse(GET, HOST, "TE: gzip;q=0.5, Trailers").acceptsTrailers, true);
  assert.equal(parse(GET, HOST, "TE: xtrailers").acceptsTrailers, false);
  assert.equal(parse(GET, HOST).acceptsTrailers, false);
  assert.equal(parse("GET / HTTP/1.0", HOST, "TE: trailers").acceptsTrailers, false);
});

test("a name that an object inherits is a name like any other", () => {
  const head = parse(GET, HOST, "__proto__: x", "constructor: y", "toString: z");
  assert.equal(head.headers, "Host: a\r\n__proto__: x\r\nconstructor: y\r\ntoString: z\r\n");
});
