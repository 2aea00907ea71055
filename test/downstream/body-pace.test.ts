// The time that a client has for the next part of its body.

import assert from "node:assert/strict";
import { test } from "node:test";
import { BodyPace } from "../../src/downstream/body-pace.ts";

/** A body with an idle time of 500 ms; at 1,000 bytes a second a byte earns a millisecond. */
function begun(bytesPerSecond = 1_000) {
  const pace = new BodyPace(bytesPerSecond);
  pace.begin(500);
  const read = (nowMs: number, bytes: number): number => {
    pace.came(nowMs, bytes);
    return pace.wait(nowMs);
  };
  return { pace, read };
}

test("what is waited spends the time, and bytes earn it again", () => {
  const { read } = begun();
  assert.equal(read(1_000, 0), 500);
  assert.equal(read(1_300, 100), 300);
  assert.equal(read(1_400, 100), 300);
  assert.equal(read(1_650, 1), 51);
});

test("nobody saves more than the idle time", () => {
  const { read } = begun();
  assert.equal(read(1_000, 1_000_000), 500);
  assert.equal(read(1_400, 0), 100);
});

test("time in which the proxy holds the client back is not the client's", () => {
  const { pace, read } = begun();
  read(1_000, 0);
  pace.came(1_100, 0);
  assert.equal(read(9_000, 0), 400);
});

test("without a rate every read gives the whole idle time anew", () => {
  const { read } = begun(0);
  read(1_000, 1);
  assert.equal(read(1_499, 1), 500);
});

test("a next body begins with its own idle time", () => {
  const { pace, read } = begun();
  read(1_000, 0);
  pace.came(1_499, 0);
  pace.begin(200);
  assert.equal(read(5_000, 0), 200);
});
