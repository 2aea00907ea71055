// The bench's flags.

import assert from "node:assert/strict";
import { test } from "node:test";
import { kindsOf, parseOptions } from "../../bench/options.ts";

test("without flags every contestant, head and number of connections is measured", () => {
  const options = parseOptions([]);
  assert.deepEqual(options.only, []);
  assert.deepEqual(options.connections, [1, 64]);
  assert.deepEqual(options.rates, [2_000]);
  assert.equal(options.pairs, 24);
  assert.equal(options.repeatMinutes, 60);
  assert.deepEqual(options.heads, ["small", "browser"]);
});

test("--quick is one short round of each, and other flags still count", () => {
  const options = parseOptions(["--quick", "--seconds", "2"]);
  assert.deepEqual(options.heads, ["small"]);
  assert.deepEqual([options.rounds, options.seconds, options.repeatMinutes], [1, 2, 0]);
});

test("what is asked are closed loops and rates, with each head; pairs can be left out", () => {
  const options = parseOptions(["--head=small", "--connections=1,8", "--pairs=0"]);
  assert.equal(options.pairs, 0);
  const asked = kindsOf(options).map(({ head, connections, rate }) => [head, connections, rate]);
  assert.deepEqual(asked, [
    ["small", 1, 0],
    ["small", 8, 0],
    ["small", 64, 2_000],
  ]);
});

test("lists are taken apart, and numbers become numbers", () => {
  const options = parseOptions(["--only", "nginx, sluice", "--connections=8", "--rounds", "5"]);
  assert.deepEqual(options.only, ["nginx", "sluice"]);
  assert.deepEqual(options.connections, [8]);
  assert.equal(options.rounds, 5);
});

test("a name or number that makes no sense is refused with what was expected", () => {
  assert.throws(() => parseOptions(["--only", "envoy"]), /"envoy": expected one of/);
  assert.throws(() => parseOptions(["--head", "constructor"]), /expected small or browser/);
  assert.throws(() => parseOptions(["--seconds", "0"]), /whole numbers from 1 to 600/);
  assert.throws(() => parseOptions(["--connections", "8,x"]), /--connections x/);
  assert.throws(() => parseOptions(["--fast"]), /--fast/);
});
