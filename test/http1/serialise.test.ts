// Messages out: what is written, and that it reads back as what was meant.

import assert from "node:assert/strict";
import { test } from "node:test";
import { DateLine } from "../../src/http1/date.ts";
import { CODEC_LIMITS } from "../../src/http1/limits.ts";
import {
  NOTHING_STATED,
  type OutgoingRequest,
  type OutgoingResponse,
  UNREAD,
} from "../../src/http1/messages.ts";
import { parseRequestHead } from "../../src/http1/request.ts";
import { parseResponseHead } from "../../src/http1/response.ts";
import {
  frameChunk,
  headWithBytes,
  informationalHeadText,
  lastChunk,
  requestHeadText,
  responseFraming,
  responseHeadText,
} from "../../src/http1/serialise.ts";
import { fc } from "../support/property.ts";

const GET: OutgoingRequest = {
  method: "GET",
  target: "/",
  headers: "Host: a\r\n",
  contentLength: 0,
  statedLength: UNREAD,
  hasBody: false,
  acceptsTrailers: false,
  upgrade: "",
};

const OK: OutgoingResponse = {
  ...{ status: 200, reason: "OK", headers: "", requestId: "" },
  contentLength: 0,
  statedLength: UNREAD,
  upgrade: "",
  hasDate: true,
};

const KEPT = { framing: "length", minor: 1, keepAlive: true, date: "Date: now\r\n" } as const;

const start = (request: OutgoingRequest): string =>
  requestHeadText(request).replace("Host: a\r\n", "");

test("what belongs to the connection is said in one Connection line", () => {
  const lines = (changes: Partial<OutgoingRequest>, keepAlive: boolean): string[] =>
    requestHeadText({ ...GET, ...changes }, keepAlive)
      .split("\r\n")
      .slice(2, -2);
  assert.deepEqual(lines({}, false), ["Connection: close"]);
  const te = { acceptsTrailers: true };
  assert.deepEqual(lines(te, false), ["Connection: TE, close", "TE: trailers"]);
  const upgraded = ["Connection: TE, upgrade", "TE: trailers", "Upgrade: websocket"];
  assert.deepEqual(lines({ ...te, upgrade: "websocket" }, false), upgraded);
});

test("a request without a body has no length, unless its method means to send one", () => {
  assert.equal(requestHeadText(GET), "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  assert.equal(start({ ...GET, method: "DELETE" }), "DELETE / HTTP/1.1\r\n\r\n");
  for (const method of ["POST", "PUT", "PATCH"]) {
    assert.equal(start({ ...GET, method }), `${method} / HTTP/1.1\r\nContent-Length: 0\r\n\r\n`);
  }
});

test("a body goes with its length, or chunked, whatever the method", () => {
  for (const method of ["GET", "POST", "DELETE", "OPTIONS"]) {
    const sized = start({ ...GET, method, hasBody: true, contentLength: 7 });
    assert.equal(sized, `${method} / HTTP/1.1\r\nContent-Length: 7\r\n\r\n`);
    const unsized = start({ ...GET, method, hasBody: true, contentLength: -1 });
    assert.equal(unsized, `${method} / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n`);
  }
});

test("a Content-Length that the block still holds never leaves beside the framing", () => {
  const stale = { ...GET, headers: "Host: a\r\nCONTENT-length: 9\r\nA: 1\r\n" };
  assert.equal(start(stale), "GET / HTTP/1.1\r\nA: 1\r\n\r\n");
  const sized = start({ ...stale, hasBody: true, contentLength: 3 });
  assert.equal(sized, "GET / HTTP/1.1\r\nA: 1\r\nContent-Length: 3\r\n\r\n");
  const chunked = start({ ...stale, hasBody: true, contentLength: -1 });
  assert.equal(chunked, "GET / HTTP/1.1\r\nA: 1\r\nTransfer-Encoding: chunked\r\n\r\n");
  const answer = { ...OK, headers: "content-length: 9\r\nA: 1\r\n", contentLength: 3 };
  const head = responseHeadText(answer, KEPT);
  assert.equal(head, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nA: 1\r\n\r\n");
  const open = responseHeadText({ ...answer, contentLength: -1 }, { ...KEPT, framing: "chunked" });
  assert.equal(open, "HTTP/1.1 200 OK\r\nA: 1\r\nTransfer-Encoding: chunked\r\n\r\n");
  const twice = { ...answer, headers: "Content-Length: 3\r\nContent-Length: 3\r\n" };
  assert.equal(responseHeadText(twice, KEPT), "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n");
});

test("a response that was read leaves with one true length under whatever status it gets", () => {
  const heads = ["", "Content-Length: 5\r\n", "content-length: 05\r\n", "Content-Length: 0\r\n"];
  const chunked = "Transfer-Encoding: chunked\r\n";
  const blocks = [...heads, ...heads.map((lines) => lines + chunked)];
  for (const [lines, came, leaves] of product(blocks, [200, 204, 304], [200, 204, 304])) {
    const head = parseResponseHead(
      `HTTP/1.1 ${came} A\r\nB: c\r\n${lines}\r\n`,
      "GET",
      CODEC_LIMITS,
    );
    const contentLength = Math.max(-1, head.contentLength);
    const response = { ...head, requestId: "", status: leaves, contentLength };
    const framing = responseFraming(response, { method: "GET", minor: 1 });
    const text = responseHeadText(response, { ...KEPT, framing });
    const lengths = [...text.matchAll(/^content-length: *(\d+)\r$/gim)].map((match) => match[1]);
    if (framing === "length") assert.deepEqual(lengths, [`${response.contentLength}`], text);
    else if (leaves !== 304) assert.deepEqual(lengths, [], text);
  }
});

function product<A, B, C>(as: readonly A[], bs: readonly B[], cs: readonly C[]): [A, B, C][] {
  return as.flatMap((a) => bs.flatMap((b) => cs.map((c): [A, B, C] => [a, b, c])));
}

test("an Upgrade is announced with its Connection, and cannot split the head", () => {
  const asked = start({ ...GET, upgrade: "websocket" });
  assert.equal(asked, "GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  assert.throws(() => requestHeadText({ ...GET, upgrade: "a\r\nB: c" }), TypeError);
  const switched = { ...OK, status: 101, reason: "Switching", upgrade: "websocket" };
  assert.equal(
    responseHeadText(switched, { ...KEPT, framing: "none" }),
    "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
  );
});

test("the framing of a response follows from status, method, version and what is known", () => {
  const framing = (status: number, contentLength: number, method: string, minor: 0 | 1): string =>
    responseFraming({ status, contentLength }, { method, minor });
  assert.equal(framing(200, 5, "GET", 1), "length");
  assert.equal(framing(200, 0, "GET", 0), "length");
  assert.equal(framing(200, -1, "GET", 1), "chunked");
  assert.equal(framing(200, -1, "GET", 0), "close");
  assert.equal(framing(200, -1, "HEAD", 0), "none");
  for (const status of [101, 103, 204, 304]) assert.equal(framing(status, -1, "GET", 1), "none");
});

test("a length is added where the block has none", () => {
  const head = responseHeadText({ ...OK, contentLength: 3 }, KEPT);
  assert.equal(head, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n");
});

test("HEAD and 304 keep the length of what a GET would give, 204 has none", () => {
  const none = { ...KEPT, framing: "none" } as const;
  const block = { ...OK, headers: "Content-Length: 9\r\n" };
  assert.match(responseHeadText(block, none), /Content-Length: 9/);
  assert.match(responseHeadText({ ...block, status: 304 }, none), /Content-Length: 9/);
  assert.doesNotMatch(responseHeadText({ ...block, status: 204 }, none), /Content-Length/);
  assert.doesNotMatch(informationalHeadText(103, "x", block.headers), /Content-Length/);
});

test("a Date is added where there is none, except to interim responses", () => {
  assert.match(responseHeadText({ ...OK, hasDate: false }, KEPT), /\r\nDate: now\r\n/);
  assert.doesNotMatch(responseHeadText(OK, KEPT), /Date/);
  const interim = informationalHeadText(103, "Early Hints", "Link: x\r\n");
  assert.equal(interim, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
});

test("the client is told what becomes of its connection, where its version needs it", () => {
  assert.doesNotMatch(responseHeadText(OK, KEPT), /Connection/);
  assert.match(responseHeadText(OK, { ...KEPT, minor: 0 }), /\r\nConnection: keep-alive\r\n/);
  for (const minor of [0, 1] as const) {
    const closing = responseHeadText(OK, { ...KEPT, minor, keepAlive: false });
    assert.match(closing, /\r\nConnection: close\r\n/);
  }
});

test("a chunk is framed, and one of no bytes is not written, since it would end the body", () => {
  assert.equal(frameChunk(Buffer.alloc(26, "a")).toString(), `1a\r\n${"a".repeat(26)}\r\n`);
  assert.equal(frameChunk(new Uint8Array(0)).length, 0);
  assert.equal(lastChunk(""), "0\r\n\r\n");
  assert.equal(lastChunk("A: 1\r\n"), "0\r\nA: 1\r\n\r\n");
});

test("8-bit characters of a head are one byte each", () => {
  assert.deepEqual(headWithBytes("\xe4\xff", Buffer.from([1])), Buffer.from([0xe4, 0xff, 1]));
});

test("the Date line is that of the second, written anew when it changes", () => {
  let nowMs = Date.UTC(1994, 10, 15, 8, 12, 31) + 999;
  const date = new DateLine(() => nowMs);
  const line = date.line();
  assert.equal(line, "Date: Tue, 15 Nov 1994 08:12:31 GMT\r\n");
  nowMs += 1;
  assert.equal(date.line(), "Date: Tue, 15 Nov 1994 08:12:32 GMT\r\n");
  nowMs -= 1;
  assert.equal(date.line(), line);
});

const block = fc
  .array(fc.tuple(fc.constantFrom("A", "x-b", "Cookie", "Date1"), fc.constantFrom("", "1", "a, b")))
  .map((lines) => lines.map(([name, value]) => `${name}: ${value}\r\n`).join(""));
const length = fc.constantFrom(-1, 0, 1, 70_000, Number.MAX_SAFE_INTEGER);
const upgrade = fc.constantFrom("", "websocket");

test("a request that was written reads back the same", () => {
  const method = fc.constantFrom("GET", "POST", "DELETE", "PURGE");
  fc.assert(
    fc.property(block, length, method, upgrade, (lines, contentLength, verb, protocol) => {
      const request: OutgoingRequest = {
        method: verb,
        target: "/a%2f?b",
        headers: `Host: a\r\n${lines}`,
        contentLength,
        statedLength: NOTHING_STATED,
        hasBody: contentLength !== 0,
        acceptsTrailers: false,
        upgrade: contentLength === 0 ? protocol : "",
      };
      const head = parseRequestHead(requestHeadText(request), CODEC_LIMITS);
      assert.equal(head.method, verb);
      assert.equal(head.target, request.target);
      assert.equal(head.contentLength, contentLength);
      assert.equal(head.upgrade, request.upgrade);
      assert.equal(head.headers.replace(/Content-Length: \d+\r\n/, ""), request.headers);
    }),
  );
});

test("a response that was written reads back the same", () => {
  const statuses = fc.constantFrom(200, 204, 205, 304, 404, 503);
  const terms = fc.record({
    method: fc.constantFrom("GET", "HEAD"),
    minor: fc.constantFrom<0 | 1>(0, 1),
    keepAlive: fc.boolean(),
  });
  fc.assert(
    fc.property(block, length, statuses, terms, (lines, contentLength, status, asked) => {
      const response = { ...OK, status, reason: "Some reason", headers: lines, contentLength };
      const framing = responseFraming(response, asked);
      const keepAlive = asked.keepAlive && framing !== "close";
      const options = { framing, keepAlive, minor: asked.minor, date: "" };
      const head = parseResponseHead(
        responseHeadText(response, options),
        asked.method,
        CODEC_LIMITS,
      );
      const expected = { none: 0, length: contentLength, chunked: -1, close: -2 }[framing];
      assert.equal(head.status, status);
      assert.equal(head.reason, "Some reason");
      assert.equal(head.contentLength, expected);
      assert.equal(head.keepAlive, keepAlive);
      assert.equal(head.headers.replace(/Content-Length: \d+\r\n/, ""), lines);
    }),
  );
});
