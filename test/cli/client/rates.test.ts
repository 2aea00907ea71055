// What `sluice status` and `sluice top` make of two readings.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  amountText,
  bytesText,
  durationsSince,
  parseSeconds,
  quantileMs,
  rateOf,
  shareText,
} from "../../../src/cli/client/rates.ts";
import { ageText } from "../../../src/cli/status.ts";
import { type AllReadings, ratesOf, topRows } from "../../../src/cli/top.ts";

test("a rate is what came between the readings, a second; after a restart there is none", () => {
  assert.equal(rateOf(10, 30, 2), 10);
  assert.equal(rateOf(30, 10, 2), 0);
});

test("a quantile is the least bound that so many stayed within", () => {
  const boundsMs = [1, 5, 10];
  const of = (counts: number[], share: number) => quantileMs({ boundsMs, counts }, share);
  assert.equal(of([50, 49, 0, 1], 0.5), 1);
  assert.equal(of([50, 49, 0, 1], 0.51), 5);
  assert.equal(of([50, 49, 0, 1], 0.99), 5);
  assert.equal(of([50, 49, 0, 1], 0.999), Number.POSITIVE_INFINITY);
  assert.equal(of([0, 0, 0, 0], 0.5), null);
});

test("times of the second reading are without those of the first", () => {
  const boundsMs = [1, 5];
  const before = { boundsMs, counts: [100, 0, 2] };
  const after = { boundsMs, counts: [100, 7, 2] };
  assert.deepEqual(durationsSince(before, after).counts, [0, 7, 0]);
  assert.equal(quantileMs(durationsSince(before, after), 0.99), 5);
});

test("figures are short enough to read", () => {
  assert.deepEqual([0, 0.1234, 12.345, 99.96, 4210.4].map(amountText), [
    "0",
    "0.123",
    "12.3",
    "100",
    "4,210",
  ]);
  assert.deepEqual([0, 999, 1_500, 2_000_000, 3e15].map(bytesText), [
    "0 B",
    "999 B",
    "1.5 kB",
    "2 MB",
    "3,000 TB",
  ]);
  assert.deepEqual([shareText(0, 0), shareText(1, 3), shareText(0, 5)], ["-", "33.3 %", "0 %"]);
  assert.deepEqual([0, 59_000, 60_000, 11_520_000, 200_000_000].map(ageText), [
    "0 s",
    "59 s",
    "1 min",
    "3 h 12 min",
    "2 d 7 h",
  ]);
});

test("seconds of a command line are a number above 0", () => {
  assert.equal(parseSeconds("0.5"), 0.5);
  for (const text of ["0", "-1", "1e3", "", "3601", "two"]) {
    assert.throws(() => parseSeconds(text), /Expected a number of seconds/);
  }
});

const usage = (tenant: string, requests: number) => ({
  ...{ tenant, requests, errors: 0, bytesReceived: 0, bytesSent: 0 },
  ...{ scriptMs: 0, hostCalls: 0, logBytes: 0 },
});

test("a tenant that has come since counts from 0, and so do all after a restart", () => {
  const before = { since: "a", atMs: 0, tenants: [usage("old", 10)], nodes: [] };
  const after = {
    since: "a",
    atMs: 2_000,
    tenants: [usage("old", 14), usage("new", 6)],
    nodes: [],
  };
  const requests = (rates: ReturnType<typeof ratesOf>) => rates.map((rate) => rate.requests);
  assert.deepEqual(requests(ratesOf(before, after)), [2, 3]);
  assert.deepEqual(requests(ratesOf(before, { ...after, since: "b" })), [7, 3]);
});

test("of several proxies top has the sums, or a row for each that answered twice", () => {
  const readings = (atMs: number, counts: Readonly<Record<string, number>>): AllReadings => ({
    byNode: new Map(
      Object.entries(counts).map(([name, requests]) => {
        const tenants = [usage("shop", requests)];
        return [name, { name, since: name === "two" ? String(atMs) : "a", atMs, tenants }];
      }),
    ),
    missing: [],
  });
  const [before, after] = [
    readings(0, { one: 10, two: 8 }),
    readings(2_000, { one: 20, two: 2, three: 99 }),
  ];
  const sums = topRows(before, after, {});
  assert.deepEqual(
    sums.map(({ tenant, requests }) => [tenant, requests]),
    [["shop", 6]],
    "two was started again meanwhile",
  );
  const each = topRows(before, after, { byNode: true });
  assert.deepEqual(
    each.map(({ node, requests }) => [node, requests]),
    [
      ["one", 5],
      ["two", 1],
    ],
  );
});
