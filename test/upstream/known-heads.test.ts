// What is kept of response heads that may come again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { knownHead, noteHead } from "../../src/upstream/known-heads.ts";
import { UPSTREAM_LIMITS as limits } from "../../src/upstream/limits.ts";

const HEAD = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
const chunk = Buffer.from(`${HEAD}hello`, "latin1");

test("nothing is kept but the head, whatever came with it", () => {
  noteHead(chunk, HEAD.length, { method: "GET", limits });
  const known = knownHead(chunk, "GET", limits);
  assert.ok(known !== null);
  assert.equal(known.bytes.toString("latin1"), HEAD);
  assert.equal(known.bytes.buffer.byteLength, HEAD.length);
});

test("a head is known for the method and the limits with which it was read, and no others", () => {
  noteHead(chunk, HEAD.length, { method: "HEAD", limits });
  assert.equal(knownHead(chunk, "HEAD", limits)?.head.contentLength, 0);
  assert.equal(knownHead(chunk, "GET", limits), null);
  assert.equal(knownHead(chunk, "HEAD", { ...limits }), null);
  noteHead(chunk, HEAD.length, { method: "GET", limits });
  assert.equal(knownHead(chunk, "GET", limits)?.head.contentLength, 5);
});

test("a head is known by all of its bytes", () => {
  noteHead(chunk, HEAD.length, { method: "GET", limits });
  for (let at = 0; at < HEAD.length; at++) {
    const other = Buffer.from(chunk);
    other[at] = (other[at] ?? 0) ^ 1;
    assert.equal(knownHead(other, "GET", limits), null, `byte ${at}`);
    noteHead(chunk, HEAD.length, { method: "GET", limits });
  }
  assert.equal(knownHead(chunk.subarray(0, HEAD.length - 1), "GET", limits), null);
});
