// W3C Trace Context: what is believed of traceparent and tracestate, and what is passed on.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkedTraceState,
  isWithinRatio,
  makeSpanId,
  makeTraceId,
  parseTraceParent,
  traceParentText,
} from "../../src/base/trace-context.ts";
import { fc } from "../support/property.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

test("a traceparent of version 00 is read, with the flags that are known", () => {
  const read = (flags: string) => parseTraceParent(`00-${TRACE}-${SPAN}-${flags}`);
  assert.deepEqual(read("01"), { traceId: TRACE, spanId: SPAN, flags: 1 });
  assert.equal(read("00")?.flags, 0);
  assert.equal(read("03")?.flags, 3);
  assert.equal(read("ff")?.flags, 3);
});

test("a later version may have more behind what is known", () => {
  assert.equal(parseTraceParent(`01-${TRACE}-${SPAN}-01`)?.traceId, TRACE);
  assert.equal(parseTraceParent(`cc-${TRACE}-${SPAN}-01-what-comes`)?.spanId, SPAN);
});

test("whatever else it says is no traceparent", () => {
  for (const text of [
    "",
    TRACE,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE}-${SPAN}-01-`,
    `cc-${TRACE}-${SPAN}-01more`,
    `00-${"0".repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE.slice(1)}-${SPAN}-01`,
    `00-${TRACE}0-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE}-${SPAN}-0g`,
    `0-${TRACE}-${SPAN}-01`,
    `00_${TRACE}_${SPAN}_01`,
    ` 00-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`,
    `cc-${TRACE}-${SPAN}-01-${"x".repeat(1_000)}`,
  ]) {
    assert.equal(parseTraceParent(text), null, text);
  }
});

test("what is written is read as it was, whatever the ids", () => {
  for (let i = 0; i < 600; i++) {
    const one = { traceId: makeTraceId(), spanId: makeSpanId(), flags: i % 4 };
    assert.deepEqual(parseTraceParent(traceParentText(one)), one);
  }
});

test("tracestate is passed on whole, or not at all", () => {
  const kept = (text: string) => checkedTraceState(text);
  assert.equal(
    kept("congo=t61rcWkgMzE,rojo=00f067aa0ba902b7"),
    "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7",
  );
  assert.equal(kept(" a=1 ,\tb=x y\t, ,c@d=!"), "a=1,b=x y,c@d=!");
  assert.equal(kept(""), "");
  const many = Array.from({ length: 32 }, (_, i) => `k${i}=1`).join(",");
  assert.equal(kept(many), many);
  for (const text of [
    ...["a", "a=", "=1", "A=1", "a=1=2", "a=b\u00e4", "a=\u0001", "a b=1", "a=1,a=2", "a=1;b=2"],
    `${many},k32=1`,
    `${"k".repeat(257)}=1`,
    `a=${"1".repeat(257)}`,
  ]) {
    assert.equal(kept(text), "", text);
  }
});

test("of a long tracestate the longest members go first, then the last ones", () => {
  const long = `long=${"x".repeat(200)}`;
  const short = Array.from({ length: 10 }, (_, i) => `k${i}=${"y".repeat(40)}`);
  const kept = checkedTraceState([long, ...short].join(","));
  assert.equal(kept, short.join(","));
  const many = Array.from({ length: 20 }, (_, i) => `n${i}=${"z".repeat(40)}`);
  const some = checkedTraceState(many.join(","));
  assert.ok(some.length <= 512 && many.join(",").startsWith(some), some);
});

test("nothing that anybody writes into either makes it throw, or comes out longer", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 700 }), (text) => {
      parseTraceParent(text);
      assert.ok(checkedTraceState(text).length <= Math.min(text.length, 512));
    }),
  );
});

test("a ratio samples the same traces everywhere, as many as it says", () => {
  const all = Array.from({ length: 4_000 }, makeTraceId);
  assert.ok(all.every((id) => isWithinRatio(id, 1)));
  assert.ok(!all.some((id) => isWithinRatio(id, 0)));
  const quarter = all.filter((id) => isWithinRatio(id, 0.25));
  assert.ok(quarter.length > 800 && quarter.length < 1_200, `${quarter.length}`);
  assert.ok(quarter.every((id) => isWithinRatio(id, 0.5)));
});
