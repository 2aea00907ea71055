// The spans of a request as OTLP has them, whatever clients and scripts have written into it.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { AccessFields } from "../../../src/observe/access.ts";
import { Timings } from "../../../src/observe/timings.ts";
import { exportText } from "../../../src/observe/trace/otlp-text.ts";
import { spanCount, spansText } from "../../../src/observe/trace/request-spans.ts";
import { RequestTrace } from "../../../src/observe/trace/request-trace.ts";
import { maskOf } from "../../../src/wire/phases.ts";
import { exportProblem } from "../../support/otlp-collector.ts";
import { fc } from "../../support/property.ts";

const TRACE = new RequestTrace(
  {
    ...{ traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7" },
    ...{ parentId: "", flags: 1, state: "a=1" },
  },
  { traceId: "1".repeat(32), spanId: "2".repeat(16), flags: 0 },
);

const FIELDS: AccessFields = {
  ...{ timeMs: 1_795_374_000_000.25, id: "id", tenant: "shop", deployment: "v1" },
  ...{ client: "192.0.2.1", method: "GET", host: "shop.example:8443", target: "/cart?n=1" },
  ...{ version: "2", status: 200, error: null, reason: null, bytesReceived: 0, bytesSent: 7 },
  ...{ durationMs: 3.5, upstream: "10.0.0.7:80", reused: false, attempts: 1 },
};

function timingsOf(): Timings {
  const startMs = performance.now();
  const timings = new Timings(startMs, true);
  const mask = maskOf("newCtx", "requestFilter");
  const call = { mask, startMs, turnMs: startMs + 1 };
  timings.called(call, startMs + 2, { cpuMs: 0.5, isOuter: false });
  timings.called(call, startMs + 2, { cpuMs: 0, isOuter: true });
  timings.began("10.0.0.7:80");
  timings.lent(false, { resolveMs: 0, tlsMs: 1 }, false);
  timings.answered(200, false);
  timings.left();
  timings.fetching("PURGE", new URL("http://user:secret@any:81/numbers?key=secret"), false);
  return timings;
}

function spansOf(fields: AccessFields, timings = timingsOf()) {
  const text = spansText({ trace: TRACE, timings, fields, isTls: true });
  const spans = [text];
  const body = exportText([{ resource: { "service.name": "sluice" }, version: "1", spans }]);
  assert.equal(exportProblem(body), "", body);
  const all = JSON.parse(`[${text}]`);
  assert.equal(all.length, spanCount(timings));
  return all;
}

const attributesOf = (span: {
  readonly attributes: readonly { readonly key: string; readonly value: object }[];
}) => Object.fromEntries(span.attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

test("a request has the attributes of OpenTelemetry's conventions, in nanoseconds since 1970", () => {
  const [server, own, outer, attempt, fetched] = spansOf(FIELDS);
  const is = attributesOf(server);
  assert.deepEqual(
    [is["url.scheme"], is["url.path"], is["url.query"], is["server.address"], is["server.port"]],
    ["https", "/cart", "n=1", "shop.example", "8443"],
  );
  assert.equal(server.startTimeUnixNano, "1795374000000250000");
  assert.ok(BigInt(server.endTimeUnixNano) - 1_795_374_000_003_750_000n < 1_000n);
  assert.deepEqual(server.links?.[0]?.traceId, "1".repeat(32));
  assert.equal(server.status, undefined);
  assert.deepEqual([own.name, own.parentSpanId], ["newCtx, requestFilter", server.spanId]);
  assert.deepEqual(
    [attributesOf(own)["sluice.layer"], attributesOf(outer)["sluice.layer"]],
    ["tenant", "operator"],
  );
  const { "server.address": peer, "sluice.connection.tls_ms": tlsMs } = attributesOf(attempt);
  assert.deepEqual([peer, tlsMs, attempt.events.length], ["10.0.0.7", 1, 2]);
  assert.equal(attributesOf(fetched)["url.full"], "http://any:81/numbers");
  assert.equal(attributesOf(fetched)["http.request.method_original"], "PURGE");
  assert.equal(fetched.status.message, "no answer");
});

test("what a client did wrong is no failure of the request's; what we did is", () => {
  const statusOf = (change: Partial<AccessFields>) => spansOf({ ...FIELDS, ...change })[0].status;
  assert.equal(statusOf({ status: 404 }), undefined);
  assert.equal(statusOf({ status: 413, error: "body_too_large" }), undefined);
  assert.equal(statusOf({ status: 0, error: "client_aborted" }), undefined);
  assert.deepEqual(statusOf({ status: 503 }), { code: 2 });
  const reason = "boom";
  const failed = { status: 500, error: "script_error", reason };
  assert.deepEqual(statusOf(failed), { message: reason, code: 2 });
});

test("whatever is written into it, what comes out is OTLP, and bounded", () => {
  const text = fc.string({ unit: "binary", maxLength: 40 });
  const odd = fc.oneof(text, fc.constantFrom("\ud800", "\u0000", "[::1]:80", "a:b:c", "?"));
  const fields = fc.record({
    ...{ id: odd, tenant: odd, client: odd, method: odd, host: odd, target: odd, reason: odd },
    status: fc.integer({ min: 0, max: 599 }),
    durationMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
    fields: fc.dictionary(text, fc.oneof(text, fc.double(), fc.boolean(), fc.constant(null))),
    marks: fc.dictionary(
      fc.stringMatching(/^\w{1,9}$/),
      fc.double({ min: 0, max: 9, noNaN: true }),
    ),
  });
  fc.assert(fc.property(fields, (change) => void spansOf({ ...FIELDS, ...change })));
  const long = spansOf({ ...FIELDS, target: `/${"x".repeat(16_000)}` });
  assert.ok(JSON.stringify(long).length < 6_000);
});
