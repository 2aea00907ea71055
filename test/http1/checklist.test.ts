// What RFC 9110 and 9112 ask of a proxy, point by point, and what other proxies got wrong: each is
// a row here, or a comment that says whose it is instead. The other files of this folder go deeper.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type ErrorCode, SluiceError } from "../../src/base/errors.ts";
import { requestBody } from "../../src/http1/body-decoder.ts";
import { CODEC_LIMITS } from "../../src/http1/limits.ts";
import { type RequestHead, UNREAD } from "../../src/http1/messages.ts";
import { parseRequestHead } from "../../src/http1/request.ts";
import { parseResponseHead } from "../../src/http1/response.ts";
import { requestHeadText, responseFraming } from "../../src/http1/serialise.ts";

type Row = readonly [what: string, head: string, verdict: ErrorCode | Partial<RequestHead>];

const H = "\r\nHost: a";
const TE = "\r\nTransfer-Encoding: ";
const CL = "\r\nContent-Length: ";

/** What bare node:http lets through, or does on its own. */
const BEYOND_NODE: readonly Row[] = [
  ["two equal Hosts", `GET / HTTP/1.1${H}${H}`, "bad_request"],
  ["two Hosts", `GET / HTTP/1.1${H}\r\nHost: b`, "bad_request"],
  ["a Host with user and path", "GET / HTTP/1.1\r\nHost: a@b/c", "bad_request"],
  ["an empty Host", "GET / HTTP/1.1\r\nHost:", "bad_request"],
  ["a list of Hosts", "GET / HTTP/1.1\r\nHost: a, b", "bad_request"],
  ["an absolute target", `GET http://evil/x HTTP/1.1${H}`, { host: "evil", target: "/x" }],
  ["an asterisk with GET", `GET * HTTP/1.1${H}`, "bad_request"],
  ["a fragment", `GET /a#b HTTP/1.1${H}`, "bad_request"],
  ["HTTP/2.0 on the line", `GET / HTTP/2.0${H}`, "version_not_supported"],
  ["gzip, chunked", `POST / HTTP/1.1${H}${TE}gzip, chunked`, "not_implemented"],
  ["a coding in HTTP/1.0", `POST / HTTP/1.0${H}${TE}chunked`, "bad_request"],
  ["Expect with more words", `GET / HTTP/1.1${H}\r\nExpect: y 100-continue`, "expectation_failed"],
  [
    "an Upgrade with a body",
    `GET / HTTP/1.1${H}\r\nConnection: upgrade\r\nUpgrade: h2c${CL}3`,
    { upgrade: "h2c", headers: `Host: a${CL}3\r\n` },
  ],
  ["8-bit bytes", `GET / HTTP/1.1${H}\r\nA: \xe4`, { headers: "Host: a\r\nA: \xe4\r\n" }],
  ["a length and a coding", `POST / HTTP/1.1${H}${CL}3${TE}chunked`, "bad_request"],
  ["a length twice", `POST / HTTP/1.1${H}${CL}3${CL}3`, "bad_request"],
  ["a list of lengths", `POST / HTTP/1.1${H}${CL}3, 3`, "bad_request"],
  ["a signed length", `POST / HTTP/1.1${H}${CL}+3`, "bad_request"],
  ["a blank before a colon", `POST / HTTP/1.1${H}\r\nTransfer-Encoding : chunked`, "bad_request"],
  ["a coding twice", `POST / HTTP/1.1${H}${TE}chunked${TE}chunked`, "bad_request"],
  ["a bare LF", `GET / HTTP/1.1${H}\nA: b`, "bad_request"],
  ["a bare CR", `GET / HTTP/1.1${H}\r\nA: b\rC: d`, "bad_request"],
  ["a NUL", `GET / HTTP/1.1${H}\r\nA: b\0`, "bad_request"],
  ["a folded line", `GET / HTTP/1.1${H}\r\nA: b\r\n c`, "bad_request"],
  ["a target of 17 KB", `GET /${"a".repeat(17_000)} HTTP/1.1${H}`, "uri_too_long"],
  ["headers of 40 KB", `GET / HTTP/1.1${H}\r\nA: ${"a".repeat(40_000)}`, "headers_too_large"],
];

const PROXY: readonly Row[] = [
  // 1, 2: fields of the connection; from trailers: body.test.ts
  [
    "what Connection lists is dropped",
    `GET / HTTP/1.1${H}\r\nConnection: x-a, cookie\r\nX-A: 1\r\nCookie: c`,
    { headers: "Host: a\r\nCookie: c\r\n" },
  ],
  [
    "fields of the connection are dropped",
    `GET / HTTP/1.1${H}\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\nTE: gzip\r\nUpgrade: x`,
    { headers: "Host: a\r\n" },
  ],
  // 3, 4
  ["no Host", "GET / HTTP/1.1\r\nA: b", "bad_request"],
  ["an absolute target wins", `GET http://b HTTP/1.1${H}`, { headers: "Host: b\r\n" }],
  // 5: switched off, and authority-form is for CONNECT alone
  ["CONNECT", `CONNECT a:443 HTTP/1.1${H}`, "method_not_allowed"],
  ["an authority as target", `GET a:443 HTTP/1.1${H}`, "bad_request"],
  // 6
  ["an empty path with OPTIONS", `OPTIONS http://a HTTP/1.1${H}`, { target: "*" }],
  // 7: that routes and scripts see this same text is theirs
  ["the path as it came", `GET /%2f%2e%2E//..?a HTTP/1.1${H}`, { target: "/%2f%2e%2E//..?a" }],
  // 8, 9
  ["a target of 8,000 bytes", `GET /${"a".repeat(7_999)} HTTP/1.1${H}`, { minor: 1 }],
  ["a target of 8,193", `GET /${"a".repeat(8_192)} HTTP/1.1${H}`, "uri_too_long"],
  ["300 lines", `GET / HTTP/1.1${H}${"\r\na: b".repeat(300)}`, "headers_too_large"],
  // 10: any token is forwarded: a gateway cannot know its origin's methods
  ["an unknown method", `BREW / HTTP/1.1${H}`, { method: "BREW" }],
  ["a method that is no token", `B@EW / HTTP/1.1${H}`, "bad_request"],
  // 11
  ["another major version", `GET / HTTP/3.0${H}`, "version_not_supported"],
  // 12 and all other refusals: the connection closes; that is downstream's
  // 13 to 15; in responses: response.test.ts
  ["a length with an underscore", `POST / HTTP/1.1${H}${CL}1_0`, "bad_request"],
  ["a length of 2^53", `POST / HTTP/1.1${H}${CL}9007199254740992`, "bad_request"],
  // 16 to 18
  ["chunked not last", `POST / HTTP/1.1${H}${TE}chunked, gzip`, "bad_request"],
  ["an unknown coding", `POST / HTTP/1.1${H}${TE}x`, "not_implemented"],
  // 22 to 28
  ["a folded line", `GET / HTTP/1.1${H}\r\n\tb`, "bad_request"],
  ["a blank before a colon", `GET / HTTP/1.1${H}\r\nA : b`, "bad_request"],
  ["a blank before the first line", `GET / HTTP/1.1\r\n A: b${H}`, "bad_request"],
  ["an empty name", `GET / HTTP/1.1${H}\r\n: b`, "bad_request"],
  ["a name that is no token", `GET / HTTP/1.1${H}\r\nA[0]: b`, "bad_request"],
  // 29
  ["an empty line in front", `\r\nGET / HTTP/1.1${H}`, { method: "GET" }],
  ["three empty lines in front", `\r\n\r\n\r\nGET / HTTP/1.1${H}`, "bad_request"],
  // 30
  [
    "lines of one name keep their order",
    `GET / HTTP/1.1${H}\r\nCookie: a\r\nB: 1\r\ncookie: b`,
    { headers: "Host: a\r\nCookie: a\r\nB: 1\r\ncookie: b\r\n" },
  ],
  // 37, 38: when a 100 is answered or passed on is downstream's
  [
    "Expect in HTTP/1.0",
    `POST / HTTP/1.0${H}${CL}3\r\nExpect: 100-continue`,
    { expectContinue: false },
  ],
  ["another Expect", `POST / HTTP/1.1${H}\r\nExpect: 200-maybe`, "expectation_failed"],
  // 41
  [
    "an Upgrade in HTTP/1.0",
    `GET / HTTP/1.0${H}\r\nConnection: upgrade\r\nUpgrade: websocket`,
    { upgrade: "" },
  ],
  // 43, 44, 47: Via, Max-Forwards and X-Forwarded-* are taken out and noted; what is made of them
  // is downstream's
  [
    "fields to be judged",
    `OPTIONS / HTTP/1.1${H}\r\nVia: x\r\nMax-Forwards: 0\r\nX-Forwarded-For: y`,
    { noted: { via: "x", maxForwards: "0", forwardedFor: "y" }, headers: "Host: a\r\n" },
  ],
  // 45
  ["TRACE", `TRACE / HTTP/1.1${H}`, "method_not_allowed"],
  // 48: that chunked is not sent to HTTP/1.0: below
  ["HTTP/1.0 is kept if it asks", `GET / HTTP/1.0\r\nConnection: keep-alive`, { keepAlive: true }],
  ["HTTP/1.0 is closed otherwise", "GET / HTTP/1.0\r\nA: b", { keepAlive: false }],
];

// Not of heads: 31 to 33, 35 (chunks, truncation): body.test.ts. 46, 51 to 53, 56 to 60
// (transforms, half-closes, retries, idle sockets, timeouts, buffering, caching): downstream,
// upstream, phases. 42, 49, 50 (relaying a WebSocket, pipelining, early answers): downstream. 54:
// upstream, told by where a decoder stops. 55: the codes are here, the statuses in base/errors.ts.
// 61 to 65 (HTTP/2, TLS): not HTTP/1.1. That `insecureHTTPParser` and `maxHeadersCount` stay as
// they are, and what http2, SNI and WebCrypto must not do, concerns node's modules, which the codec
// does not use.

for (const [what, text, verdict] of [...BEYOND_NODE, ...PROXY]) {
  const title =
    typeof verdict === "string" ? `${what}: refused as ${verdict}` : `${what}: accepted`;
  test(title, () => {
    const parse = (): RequestHead => parseRequestHead(`${text}\r\n\r\n`, CODEC_LIMITS);
    if (typeof verdict === "string") {
      assert.throws(parse, (error) => error instanceof SluiceError && error.code === verdict);
      return;
    }
    assert.partialDeepStrictEqual(parse(), verdict);
  });
}

const HEAD = {
  target: "/",
  headers: "Host: a\r\n",
  statedLength: UNREAD,
  acceptsTrailers: false,
  upgrade: "",
};

test("a message never leaves with two lengths, nor with none where there is a body", () => {
  for (const method of ["GET", "DELETE", "OPTIONS", "POST"]) {
    for (const contentLength of [-1, 0, 5]) {
      const stale = { ...HEAD, headers: `Host: a${CL}9\r\n` };
      for (const head of [HEAD, stale]) {
        const text = requestHeadText({ ...head, method, contentLength, hasBody: true });
        const read = parseRequestHead(text, CODEC_LIMITS);
        assert.equal(read.contentLength, contentLength, text);
      }
    }
  }
});

test("chunked is not for HTTP/1.0, nor any framing for 1xx, 204 and 304 or HEAD", () => {
  const open = { status: 200, contentLength: -1 };
  assert.equal(responseFraming(open, { method: "GET", minor: 0 }), "close");
  assert.equal(responseFraming(open, { method: "HEAD", minor: 1 }), "none");
  for (const status of [103, 204, 304]) {
    assert.equal(responseFraming({ ...open, status }, { method: "GET", minor: 1 }), "none");
  }
  // A 205 is framed as any other: that its body is empty is for whoever makes it.
  assert.equal(
    responseFraming({ status: 205, contentLength: 0 }, { method: "GET", minor: 1 }),
    "length",
  );
});

test("1xx come out one by one, and a 101 without its Upgrade does not (how many: upstream)", () => {
  const text = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
  assert.equal(parseResponseHead(text, "GET", CODEC_LIMITS).headers, "Link: x\r\n");
  const bare = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
  assert.throws(() => parseResponseHead(bare, "GET", CODEC_LIMITS), SluiceError);
});

test("a request smuggled behind a body is the next request, checked in full", () => {
  const bytes = Buffer.from("abcGET /x HTTP/1.1\r\n\r\n");
  const ignore = { onBody: () => undefined, onBodyEnd: () => undefined };
  const body = requestBody({ contentLength: 3, nominated: null }, CODEC_LIMITS);
  const end = body.feed(bytes, 0, ignore);
  const next = bytes.toString("latin1", end);
  assert.throws(() => parseRequestHead(next, CODEC_LIMITS), { code: "bad_request" });
});
