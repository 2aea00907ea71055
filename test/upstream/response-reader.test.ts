// What is read of a response is what it says, whatever came before it: heads that come again byte
// for byte are not read anew.

import assert from "node:assert/strict";
import { test } from "node:test";
import { UPSTREAM_LIMITS, type UpstreamLimits } from "../../src/upstream/limits.ts";
import { Pool } from "../../src/upstream/pool.ts";
import { ResponseReader } from "../../src/upstream/response-reader.ts";
import { Rest } from "../../src/upstream/rest.ts";
import { fc } from "../support/property.ts";
import { Recorder, request } from "./recorder.ts";

/** Heads that are equally long, or nearly, and what may follow them. */
const LENGTH = "Content-Length: 5\r\n";
const CHUNKED = "Transfer-Encoding: chunked\r\n";
const RESPONSES = [
  `HTTP/1.1 200 OK\r\nX-A: 1\r\n${LENGTH}\r\nhello`,
  `HTTP/1.1 200 OK\r\nX-A: 1\r\n${LENGTH}\r\nworld`,
  `HTTP/1.1 200 OK\r\nX-A: 2\r\n${LENGTH}\r\nhello`,
  `HTTP/1.1 200 OK\r\nX A: 1\r\n${LENGTH}\r\nhello`,
  `HTTP/1.0 200 OK\r\nX-A: 1\r\n${LENGTH}\r\nhello`,
  `HTTP/1.1 404 OK\r\nX-A: 1\r\n${LENGTH}\r\nhello, and more`,
  `HTTP/1.1 304 OK\r\nX-A: 1\r\n${LENGTH}\r\n`,
  `HTTP/1.1 200 OK\r\n${CHUNKED}\r\n5\r\nhello\r\n0\r\n\r\n`,
  `HTTP/1.1 200 OK\r\n${CHUNKED}\r\n5\r\nhello\r\n0\r\nX-B: 1\r\n\r\n`,
  "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello",
  `HTTP/1.1 103 A\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nX-A: 1\r\n${LENGTH}\r\nhello`,
  `HTTP/1.1 200 OK\r\nX-A: ${"a".repeat(2_000)}\r\n${LENGTH}\r\nhello`,
  `\r\nHTTP/1.1 200 OK\r\n${LENGTH}\r\nhello`,
];

/** What a sink and an owner hear of it, read by a reader of its own in two pieces. */
function heardOf(bytes: Buffer, cut: number, of: { method: string; limits: UpstreamLimits }) {
  const recorder = new Recorder();
  const told: string[] = [];
  const owner = {
    rest: new Rest(new Pool(UPSTREAM_LIMITS)),
    onProgress: () => undefined,
    onResponseOver: (isReusable: boolean) => void told.push(isReusable ? "kept" : "closed"),
    onUpgraded: () => void told.push("upgraded"),
    onFault: ({ code, message }: Error & { code: string }) => void told.push(`${code}: ${message}`),
    pause: () => undefined,
  };
  const reader = new ResponseReader(owner, of.limits);
  reader.begin(request({ method: of.method }), recorder);
  for (const piece of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
    const isWanted = reader.sink !== null && !told.some((text) => text.includes(":"));
    if (isWanted && piece.length > 0) reader.read(Buffer.from(piece));
  }
  const { response, informational, events, trailers } = recorder;
  return { told, response, informational, events, trailers, body: recorder.body.toString() };
}

test("a response is read as if nothing had come before it", () => {
  const answers = fc.array(
    fc.record({
      text: fc.constantFrom(...RESPONSES),
      method: fc.constantFrom("GET", "GET", "GET", "HEAD"),
      cut: fc.constantFrom(9_999, 9_999, 9_999, 30, 60, 100),
    }),
    { maxLength: 8 },
  );
  const holds = fc.property(answers, fc.integer({ min: 1, max: 20 }), (given, times) => {
    for (const { text, method, cut } of given) {
      const bytes = Buffer.from(text, "latin1");
      // what was read under other limits is no help
      const alone = heardOf(bytes, cut, { method, limits: { ...UPSTREAM_LIMITS } });
      for (let i = 0; i < times; i++) {
        assert.deepEqual(heardOf(bytes, cut, { method, limits: UPSTREAM_LIMITS }), alone);
      }
    }
  });
  fc.assert(holds, { numRuns: 200 });
});

test("a head that comes often is one object, whoever reads it", () => {
  const bytes = Buffer.from(RESPONSES[0] ?? "", "latin1");
  const heads = Array.from({ length: 100 }, () => {
    return heardOf(bytes, bytes.length, { method: "GET", limits: UPSTREAM_LIMITS }).response;
  });
  assert.ok(new Set(heads).size < 20);
});
