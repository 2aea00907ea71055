// The first difference of two records is the one that comes first in a request's life.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Comparing, firstDifference } from "../../src/observe/capture/difference.ts";
import {
  type AttemptRecord,
  type CaptureRecord,
  COMPARED,
  type EndRecord,
} from "../../src/observe/capture/record.ts";

const body = (text: string) => ({
  ...{ base64: Buffer.from(text).toString("base64"), bytes: text.length, sha256: text },
  chunks: [text.length],
});

const attempt = (destination: string, headers = ""): AttemptRecord => ({
  ...{ destination, peer: "p", connection: null, response: null, failure: null },
  request: { method: "GET", target: "/", headers, body: null },
});

function record(attempts: readonly AttemptRecord[], end: Partial<EndRecord> = {}): CaptureRecord {
  return {
    ...{ id: "1", startMs: 1, deployment: "v1", calls: [], gap: null, redacted: [], attempts },
    request: {
      ...{ method: "GET", target: "/", host: "a", authority: "a", version: "1.1", headers: "" },
      ...{ client: { address: "192.0.2.1", port: 1, tlsText: "" }, body: null, trace: null },
    },
    end: { error: null, status: 200, headers: "", body: body("x"), ...end },
  };
}

const ALL: Comparing = { parts: COMPARED, ignored: [] };

const partOf = (was: CaptureRecord, is: CaptureRecord, comparing = ALL): string | null => {
  const found = firstDifference(was, is, comparing);
  return found === null ? null : `${found.part}: ${found.was} > ${found.is}`;
};

test("where a request is sent comes before what is sent, and that before the answer", () => {
  const was = record([attempt("a", "X-A: 1\r\n")]);
  const other = record([attempt("b", "X-A: 2\r\n")], { status: 500 });
  assert.equal(partOf(was, other), "attempt 1: upstream: a > b");
  const rest = COMPARED.slice(1);
  assert.equal(partOf(was, other, { ...ALL, parts: rest }), "attempt 1: header x-a: 1 > 2");
  assert.equal(partOf(was, other, { ...ALL, parts: ["status"] }), "response: status: 200 > 500");
  assert.equal(partOf(was, was), null);
});

test("an attempt more or less is a difference", () => {
  const [one, two] = [record([attempt("a")]), record([attempt("a"), attempt("b")])];
  assert.equal(partOf(one, two), "attempt 2: upstream: (nothing) > b");
  assert.equal(partOf(two, one), "attempt 2: upstream: b > (nothing)");
});

test("fields count by name in any order, all values of a name in theirs", () => {
  const of = (headers: string) => record([], { headers });
  assert.equal(partOf(of("A: 1\r\nB: 2\r\n"), of("b: 2\r\na: 1\r\n")), null);
  assert.equal(
    partOf(of("A: 1\r\nA: 2\r\n"), of("A: 2\r\nA: 1\r\n")),
    "response: header a: 1, 2 > 2, 1",
  );
  assert.equal(partOf(of("A: 1\r\n"), of("A: 2\r\n"), { ...ALL, ignored: ["a"] }), null);
});

test("a login that differs is not shown", () => {
  const of = (headers: string) => record([attempt("a", headers)]);
  assert.equal(
    partOf(of("Authorization: one\r\n"), of("Authorization: two\r\n")),
    "attempt 1: header authorization: (not shown) > (not shown)",
  );
});

test("an error is told with its status, a body with its beginning", () => {
  assert.equal(
    partOf(record([], { status: 500, error: "script_error" }), record([])),
    "response: status: 500 (script_error) > 200",
  );
  assert.match(String(partOf(record([]), record([], { body: body("yy") }))), /SHA-256 yy: yy$/);
});
