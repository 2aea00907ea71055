// Heads that two parsers could read differently, and heads that are not for us: each is answered
// with its status, the connection is closed, and nothing of it reaches the origin.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nearSide } from "./near-side.ts";
import { RawClient, values } from "./raw-client.ts";

const { origin, proxy } = await nearSide();

const head = (...lines: string[]): string =>
  `${["POST / HTTP/1.1", ...lines].join("\r\n")}\r\n\r\n`;
const withHost = (...lines: string[]): string => head("Host: a", ...lines);
const line = (first: string): string => `${first}\r\nHost: a\r\n\r\n`;
const CHUNKED = "Transfer-Encoding: chunked";

const REFUSED: readonly (readonly [why: string, status: number, bytes: string])[] = [
  // Host: C.4 3
  ["no Host", 400, head("Accept: x")],
  ["two Hosts", 400, withHost("Host: b")],
  ["the same Host twice", 400, withHost("Host: a")],
  ["a Host with a user", 400, head("Host: a@b")],
  ["a Host with a path", 400, head("Host: a/c")],
  ["a user and a path", 400, head("Host: a@b/c")],
  ["an empty Host", 400, head("Host:")],
  ["a list of Hosts", 400, head("Host: a, b")],
  ["a Host with a port above 65535", 400, head("Host: a:65536")],
  ["two Hosts in HTTP/1.0", 400, "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"],
  // Targets: 5, 6, 8, 11
  ["* with GET", 400, line("GET * HTTP/1.1")],
  ["a fragment", 400, line("GET /a#b HTTP/1.1")],
  ["an authority-form with GET", 400, line("GET a:80 HTTP/1.1")],
  ["an absolute-form with a user", 400, line("GET http://u@a/ HTTP/1.1")],
  ["an absolute-form of another scheme", 400, line("GET ftp://a/ HTTP/1.1")],
  ["an absolute-form without a host", 400, line("GET http:///x HTTP/1.1")],
  ["CONNECT", 405, line("CONNECT a:80 HTTP/1.1")],
  ["TRACE", 405, line("TRACE / HTTP/1.1")],
  ["a target of 20,000 bytes", 414, line(`GET /${"a".repeat(20_000)} HTTP/1.1`)],
  ["a target of 8 bits", 400, line("GET /\xe4 HTTP/1.1")],
  ["HTTP/2.0", 505, line("GET / HTTP/2.0")],
  ["the preface of HTTP/2", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["HTTP/0.9", 400, "GET /\r\n\r\n"],
  ["a lower-case version", 400, line("GET / http/1.1")],
  ["two blanks in the request line", 400, line("GET  / HTTP/1.1")],
  ["a tab in the request line", 400, line("GET\t/ HTTP/1.1")],
  ["a method that is no token", 400, line("G(T / HTTP/1.1")],
  ["TLS on a plain port", 400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
  // Sizes: 9
  ["a header line of 40,000 bytes", 431, withHost(`X: ${"a".repeat(40_000)}`)],
  ["1,000 header lines", 431, withHost(...Array<string>(1_000).fill("X: y"))],
  ["a head that never ends", 431, `GET / HTTP/1.1\r\n${"X: y\r\n".repeat(8_000)}`],
  // Framing: 12 to 18
  ["both lengths", 400, withHost("Content-Length: 5", CHUNKED)],
  ["both lengths, the other way round", 400, withHost(CHUNKED, "Content-Length: 5")],
  ["two lengths", 400, withHost("Content-Length: 5", "Content-Length: 6")],
  ["the same length twice", 400, withHost("Content-Length: 5", "Content-Length: 5")],
  ["a list of lengths", 400, withHost("Content-Length: 5, 5")],
  ["a length with a sign", 400, withHost("Content-Length: +3")],
  ["a negative length", 400, withHost("Content-Length: -3")],
  ["a hexadecimal length", 400, withHost("Content-Length: 0x3")],
  ["a length with an underscore", 400, withHost("Content-Length: 1_0")],
  ["a length with a blank within", 400, withHost("Content-Length: 1 0")],
  ["an empty length", 400, withHost("Content-Length:")],
  ["a length of 2^53", 400, withHost("Content-Length: 9007199254740992")],
  ["a length of 40 digits", 400, withHost(`Content-Length: ${"9".repeat(40)}`)],
  ["gzip, chunked", 501, withHost("Transfer-Encoding: gzip, chunked")],
  ["an unknown coding", 501, withHost("Transfer-Encoding: foo")],
  ["xchunked", 501, withHost("Transfer-Encoding: xchunked")],
  ["identity", 501, withHost("Transfer-Encoding: identity")],
  ["gzip alone", 400, withHost("Transfer-Encoding: gzip")],
  ["chunked, gzip", 400, withHost("Transfer-Encoding: chunked, gzip")],
  ["chunked twice", 400, withHost("Transfer-Encoding: chunked, chunked")],
  ["chunked in two lines", 400, withHost(CHUNKED, CHUNKED)],
  ["chunked with a parameter", 400, withHost("Transfer-Encoding: chunked;q=1")],
  ["chunked in quotes", 400, withHost('Transfer-Encoding: "chunked"')],
  ["an empty coding", 400, withHost("Transfer-Encoding:")],
  ["chunked with a vertical tab", 400, withHost("Transfer-Encoding: \vchunked")],
  ["chunked in HTTP/1.0", 400, `POST / HTTP/1.0\r\nHost: a\r\n${CHUNKED}\r\n\r\n`],
  // Lines: 22 to 29
  ["a folded line", 400, withHost("X: a", " b")],
  ["a blank before the colon", 400, withHost("X : y")],
  ["a blank before Transfer-Encoding's colon", 400, withHost("Transfer-Encoding : chunked")],
  ["a blank before the first line", 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"],
  ["a tab before the first line", 400, "GET / HTTP/1.1\r\n\tHost: a\r\n\r\n"],
  ["an empty name", 400, withHost(": y")],
  ["a name that is no token", 400, withHost("X(: y")],
  ["a name of 8 bits", 400, withHost("X\xe4: y")],
  ["a line without a colon", 400, withHost("X")],
  ["a bare CR in a value", 400, withHost("X: a\rb")],
  ["a bare LF in a value", 400, withHost("X: a\nY: b")],
  ["lines that end with LF", 400, "GET / HTTP/1.1\nHost: a\n\n"],
  ["an empty line of LF", 400, "GET / HTTP/1.1\r\nHost: a\r\n\n"],
  ["a NUL in a value", 400, withHost("X: a\0b")],
  ["a DEL in a value", 400, withHost("X: a\x7fb")],
  ["three empty lines in front", 400, `\r\n\r\n\r\n${withHost()}`],
  ["an empty line of LF in front", 400, `\n${withHost()}`],
  // Expect: 38
  ["another expectation", 417, withHost("Content-Length: 1", "Expect: y 100-continue")],
  ["a list of expectations", 417, withHost("Content-Length: 1", "Expect: 100-continue, x")],
];

for (const [why, status, bytes] of REFUSED) {
  test(`${why} is answered ${status}, and the connection is closed`, async () => {
    await using client = await RawClient.to(proxy.port);
    client.send(bytes);
    const response = await client.response();
    assert.equal(response.status, status);
    assert.deepEqual(values(response, "connection"), ["close"]);
    assert.match(response.body, /"requestId":"/);
    await client.closed();
    assert.equal(client.text, "", "nothing may follow the refusal");
    assert.equal(origin.text, "");
  });
}

test("what follows a refused head is never read as a request", async () => {
  await using client = await RawClient.to(proxy.port);
  client.send(
    `${withHost("Content-Length: 5", CHUNKED)}0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n`,
  );
  assert.equal((await client.response()).status, 400);
  await client.closed();
  assert.equal(client.text, "");
  assert.equal(origin.text, "");
});

test("a refused request is logged with what can be seen of it", async () => {
  const seen: readonly (readonly [bytes: string, fields: Record<string, unknown>])[] = [
    [line("GET /refused-1?x HTTP/3.7"), { method: "GET", target: "/refused-1?x", host: "a" }],
    ["PUT /refused-2 HTTP/1.1\r\nHost: a b\r\n\r\n", { method: "PUT", host: "a b" }],
    [`DELETE /${"y".repeat(20_000)}`, { method: "DELETE", status: 414, host: "" }],
    ["\x16\x03\x01\x02\x00refused-4", { method: "", target: "", host: "" }],
    ["GET /refused-5\x1b[31m\x07 HTTP/1.1\nHost: a\n\n", { method: "GET", status: 400 }],
  ];
  for (const [bytes, fields] of seen) {
    await using client = await RawClient.to(proxy.port);
    const response = await client.send(bytes).response();
    const { requestId } = JSON.parse(response.body);
    const logged = await proxy.waitFor(({ id }) => id === requestId);
    assert.partialDeepStrictEqual(logged, { ...fields, bytesSent: response.body.length });
    assert.ok(Number(logged.bytesReceived) > 0 && Number(logged.bytesReceived) <= bytes.length);
  }
});
