// Names of counters with labels: what is written is read again, and nothing else is.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSeries, seriesText } from "../../src/wire/series.ts";
import { fc } from "../support/property.ts";

const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,20}$/).filter((text) => {
  return !["tenant", "name", "le", "sum"].includes(text);
});
const value = fc.stringMatching(/^[\w.:/+*-]{1,30}$/);
const part = fc.oneof(
  fc.constantFrom("", "sum", "+Inf"),
  fc.double({ min: 0.001, max: 1e12, noNaN: true }).map(String),
);

test("what is written is read again", () => {
  const labels = fc.uniqueArray(fc.tuple(name, value), { maxLength: 4, selector: ([key]) => key });
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z_][\w.:-]{0,20}$/), labels, part, (family, own, of) => {
      if (own.length === 0 && of === "") return;
      assert.deepEqual(parseSeries(seriesText(family, own, of)), { family, labels: own, part: of });
    }),
  );
});

test("any other name is that of a counter without labels", () => {
  for (const text of [
    "requests",
    "requests{}",
    'requests{plan="free"',
    'requests{plan="fr ee"}',
    'requests{plan="free",}',
    'requests{tenant="other"}',
    'requests{le="5",plan="free"}',
    'requests{sum,le="5"}',
    'requests{le="NaN"}',
    'a b{plan="free"}',
    '{plan="free"}',
    'requests{plan="free"}{plan="free"}',
  ]) {
    assert.equal(parseSeries(text), null, text);
  }
});
