// The trace of one request: whose it goes on with, whether it is sampled, what is sent on.

import assert from "node:assert/strict";
import { test } from "node:test";
import { RequestTrace, traceOf } from "../../../src/observe/trace/request-trace.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";
const SAID = `traceparent: 00-${TRACE}-${SPAN}-01\r\ntracestate: a=1\r\n`;
const ALL = { isParentBased: true, ratio: 1 };
const NONE = { isParentBased: true, ratio: 0 };

test("a trace that has begun elsewhere goes on, with a span of its own", () => {
  const trace = traceOf(`Host: a\r\n${SAID}`, true, NONE);
  assert.deepEqual([trace.traceId, trace.parentId, trace.state], [TRACE, SPAN, "a=1"]);
  assert.match(trace.spanId, /^[0-9a-f]{16}$/);
  assert.ok(trace.isSampled && trace.link === null);
});

test("one that is not believed is a link, and the request begins a trace", () => {
  const trace = traceOf(SAID, false, ALL);
  assert.notEqual(trace.traceId, TRACE);
  assert.deepEqual([trace.parentId, trace.state, trace.link?.traceId], ["", "", TRACE]);
});

test("one that is not valid counts for nothing, nor does its tracestate", () => {
  const twice = `traceparent: 00-${TRACE}-${SPAN}-01\r\n${SAID}`;
  for (const headers of ["", "tracestate: a=1\r\n", "traceparent: 00-x-y-01\r\n", twice]) {
    const trace = traceOf(headers, true, ALL);
    assert.notEqual(trace.traceId, TRACE);
    assert.deepEqual([trace.parentId, trace.state, trace.link], ["", "", null]);
  }
});

test("lines of tracestate are one list", () => {
  const headers = `${SAID}tracestate: b=2\r\n`;
  assert.equal(traceOf(headers, true, ALL).state, "a=1,b=2");
});

test("the parent decides what is sampled, unless the sampler is its own", () => {
  const off = SAID.replace("-01\r\n", "-00\r\n");
  const isSampled = (headers: string, sampling: typeof ALL) =>
    traceOf(headers, true, sampling).isSampled;
  assert.deepEqual([isSampled(SAID, NONE), isSampled(off, ALL)], [true, false]);
  const own = (ratio: number) => ({ isParentBased: false, ratio });
  assert.deepEqual([isSampled(SAID, own(0)), isSampled(off, own(1))], [false, true]);
  assert.deepEqual([isSampled("", ALL), isSampled("", NONE)], [true, false]);
});

test("what is sent on has one traceparent, whatever the block said before", () => {
  const facts = { traceId: TRACE, spanId: "1".repeat(16), parentId: "", flags: 1, state: "b=2" };
  const trace = new RequestTrace(facts, null);
  const lines = `traceparent: 00-${TRACE}-${"2".repeat(16)}-01\r\ntracestate: b=2\r\n`;
  for (const before of ["", SAID, `TraceParent: x\r\n`, "tracestate: z=1\r\n"]) {
    assert.equal(trace.sendOn(`Host: a\r\n${before}`, "2".repeat(16)), `Host: a\r\n${lines}`);
  }
});
