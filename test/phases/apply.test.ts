// The effects of a call are checked on the host's side again: a script shares its realm with the
// runtime that checks first, and may have replaced it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "../../src/base/errors.ts";
import { LIMITS } from "../../src/base/limits.ts";
import { applyEffects } from "../../src/phases/apply.ts";
import { Exchange } from "../../src/phases/exchange.ts";
import { type Edit, type Effects, type MarkSaid, newEffects } from "../../src/sandbox/call.ts";
import { isFieldBlock } from "../../src/wire/headers.ts";
import { OP, TARGET } from "../../src/wire/records.ts";
import { SOURCE } from "../../src/wire/response-sources.ts";
import { fc } from "../support/property.ts";
import { NO_SERVICES } from "../support/services.ts";

const BLOCK = "Host: a.example\r\nAccept: */*\r\n";

function exchangeWithAll(): Exchange {
  const exchange = new Exchange({
    id: "id",
    startMs: 0,
    client: { address: "192.0.2.1", port: 1, tlsText: "" },
    version: "1.1",
    host: "a.example",
    authority: "a.example",
    states: null,
    ...NO_SERVICES,
    mayHaveTrailers: false,
    tenant: "demo",
    meter: null,
    deployment: null,
    outer: null,
    method: "GET",
    target: "/",
    headers: BLOCK,
  });
  exchange.upstreamRequest = { method: "GET", target: "/", headers: BLOCK };
  exchange.response = {
    status: 200,
    headers: "Server: x\r\n",
    mayHaveId: false,
    source: SOURCE.upstream,
  };
  return exchange;
}

const stateOf = (exchange: Exchange): string =>
  JSON.stringify([
    exchange.method,
    exchange.target,
    exchange.headers,
    exchange.upstreamRequest,
    exchange.response,
    exchange.options,
  ]);

const edit = (over: Partial<Edit>): Effects => ({
  ...newEffects(),
  edits: [{ target: TARGET.request, op: OP.set, name: "x-a", value: "1", ...over }],
});
const line = (over: { target?: number; method?: string; path?: string }): Effects => ({
  ...newEffects(),
  lines: [{ target: TARGET.request, method: "GET", path: "/", ...over }],
});
const answer = (over: { status?: number; headers?: string }): Effects => ({
  ...newEffects(),
  answer: { status: 200, headers: "", body: Buffer.alloc(0), ...over },
});
const options = (json: string): Effects => ({ ...newEffects(), options: json });
const marks = (...said: readonly MarkSaid[]): Effects => ({ ...newEffects(), marks: [...said] });

const HOSTILE: Readonly<Record<string, Effects>> = {
  "a mark whose name would break the line": marks({ name: 'a"\n', ms: "1" }),
  "a mark at no time": marks({ name: "seen", ms: "" }),
  "a mark before the request": marks({ name: "seen", ms: "-1" }),
  "a mark at the end of time": marks({ name: "seen", ms: "Infinity" }),
  "more marks than a request may have": marks(
    ...Array.from({ length: 17 }, (_, i) => ({ name: `n${i}`, ms: "1" })),
  ),
  "a value with CR LF": edit({ value: "1\r\nx-evil: 1" }),
  "a value with LF": edit({ value: "1\nx-evil: 1" }),
  "a value with NUL": edit({ value: "\0" }),
  "a value beyond latin1": edit({ value: "\u0100" }),
  "a name with a colon": edit({ name: "x:y" }),
  "a name with CR LF": edit({ name: "x\r\ny" }),
  "an empty name": edit({ name: "" }),
  "a name that is to be removed and is none": edit({ op: OP.remove, name: "a b" }),
  "Content-Length": edit({ name: "Content-Length", value: "5" }),
  "Transfer-Encoding": edit({ name: "transfer-encoding", value: "chunked" }),
  Connection: edit({ name: "connection", value: "close" }),
  "the removal of Transfer-Encoding": edit({ op: OP.remove, name: "transfer-encoding" }),
  "a pseudo header": edit({ name: ":path" }),
  "a second Host": edit({ op: OP.append, name: "host", value: "b" }),
  "no Host": edit({ op: OP.remove, name: "host" }),
  "a Host that is none": edit({ name: "host", value: "a/b" }),
  "an unknown operation": edit({ op: 9 }),
  "an unknown target of an edit": edit({ target: 9 }),
  "a header block that is too long": edit({ value: "a".repeat(LIMITS.scriptHeaderBytes) }),
  "a target with a blank": line({ path: "/a b" }),
  "a target with CR LF": line({ path: "/ HTTP/1.1\r\nx: y" }),
  "a target that is a URL": line({ path: "http://b.example/" }),
  "an empty target": line({ path: "" }),
  "a target that is too long": line({ path: `/${"a".repeat(LIMITS.scriptTargetBytes)}` }),
  "the target * of a GET": line({ path: "*" }),
  "a method with a blank": line({ method: "GET /x" }),
  "an empty method": line({ method: "" }),
  CONNECT: line({ method: "CONNECT" }),
  TRACE: line({ method: "TRACE" }),
  "a method that is too long": line({ method: "A".repeat(LIMITS.methodChars + 1) }),
  "a line of something that has none": line({ target: TARGET.response }),
  "status 101": { ...newEffects(), status: 101 },
  "status 99999": { ...newEffects(), status: 99_999 },
  "a negative status": { ...newEffects(), status: -200 },
  "an answer with status 100": answer({ status: 100 }),
  "an answer with status 0": answer({ status: 0 }),
  "an answer whose headers are no block": answer({ headers: "x: y" }),
  "an answer with an empty line": answer({ headers: "x: y\r\n\r\n" }),
  "an answer with a Content-Length": answer({ headers: "content-length: 5\r\n" }),
  "an answer with too many headers": answer({ headers: "x: y\r\n".repeat(20_000) }),
  "options that are not JSON": options("{"),
  "an option that does not exist": options('{"constructor":1}'),
  "the prototype as an option": options('{"__proto__":1}'),
  "an option that is no number": options('{"maxRetries":"1"}'),
  "a negative option": options('{"bodyIdleMs":-1}'),
  "an option with a fraction": options('{"bodyIdleMs":1.5}'),
  "too many retries": options(`{"maxRetries":${LIMITS.retries + 1}}`),
};

for (const [title, effects] of Object.entries(HOSTILE)) {
  test(`${title} is refused, and nothing is changed`, () => {
    const exchange = exchangeWithAll();
    const before = stateOf(exchange);
    const together = { ...effects, edits: [...edit({}).edits, ...effects.edits] };
    assert.throws(
      () => applyEffects(exchange, exchange, together),
      (thrown) => thrown instanceof SluiceError && thrown.code === "script_result",
    );
    assert.equal(stateOf(exchange), before);
  });
}

test("an edit of something that is not there is refused", () => {
  const exchange = exchangeWithAll();
  exchange.response = null;
  exchange.upstreamRequest = null;
  for (const target of [TARGET.response, TARGET.upstreamRequest]) {
    assert.throws(() => applyEffects(exchange, exchange, edit({ target })), {
      code: "script_result",
    });
  }
});

test("edits of the upstream request leave the request of the session as it is", () => {
  const exchange = exchangeWithAll();
  const target = TARGET.upstreamRequest;
  applyEffects(exchange, exchange, {
    ...edit({ target }),
    ...line({ target, method: "PUT", path: "/up" }),
  });
  applyEffects(exchange, exchange, edit({ target }));
  assert.deepEqual([exchange.method, exchange.target, exchange.headers], ["GET", "/", BLOCK]);
  const headers = `${BLOCK}x-a: 1\r\n`;
  assert.deepEqual(exchange.upstreamRequest, { method: "PUT", target: "/up", headers });
});

test("whatever is set, appended or removed, the block stays one, or nothing changes", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.constantFrom("x-a", "Accept", "host", "a\r\nb: c", "content-length", "\0", "é", ""),
  );
  const edits = fc.array(
    fc.record({
      target: fc.integer({ min: 0, max: 3 }),
      op: fc.integer({ min: -1, max: 3 }),
      name: text,
      value: text,
    }),
    { maxLength: 6 },
  );
  let applied = 0;
  fc.assert(
    fc.property(edits, (list) => {
      const exchange = exchangeWithAll();
      try {
        applyEffects(exchange, exchange, { ...newEffects(), edits: list });
        applied++;
      } catch (thrown) {
        assert.ok(thrown instanceof SluiceError);
        assert.equal(stateOf(exchange), stateOf(exchangeWithAll()));
      }
      const { headers, upstreamRequest, response } = exchange;
      for (const block of [headers, upstreamRequest?.headers, response?.headers]) {
        assert.ok(isFieldBlock(block ?? ""));
      }
      assert.equal(headers.match(/^host:/gim)?.length, 1);
    }),
    { numRuns: 2_000 },
  );
  assert.ok(applied > 50, `only ${applied} lists were applied: the generator is too wild`);
});
