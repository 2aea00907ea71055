// What is shed of too much, and when.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ANY, OverloadGate } from "../../src/downstream/overload.ts";

const IDLE = { lagMs: 0, requests: 0, rssBytes: 0 };
const BOUNDS = { ...ANY, lagMs: 100, requests: 10 };

function sampled(lagMs: number, times: number, gate = new OverloadGate()): OverloadGate {
  gate.bounds = BOUNDS;
  for (let i = 0; i < times; i++) gate.sample({ ...IDLE, lagMs });
  return gate;
}

const shedOf = (gate: OverloadGate, requests: number): number =>
  Array.from({ length: requests }, () => gate.sheds()).filter(Boolean).length;

test("a pause is no overload, and a bound that is kept sheds nothing", () => {
  assert.equal(sampled(5_000, 2).share, 0);
  assert.equal(sampled(100, 50).share, 0);
  const gate = sampled(5_000, 2);
  gate.sample(IDLE);
  assert.equal(sampled(5_000, 2, gate).share, 0);
  assert.equal(shedOf(gate, 1_000), 0);
});

test("what lasts sheds a growing share, spread evenly, but never all", () => {
  const gate = sampled(101, 3);
  assert.equal(gate.over, "lagMs");
  assert.ok(Math.abs(shedOf(gate, 1_000) - 100) <= 1);
  assert.equal(gate.refusesHandshakes, false);
  sampled(101, 4, gate);
  assert.equal(gate.refusesHandshakes, true);
  sampled(101, 100, gate);
  assert.ok(Math.abs(shedOf(gate, 1_000) - 950) <= 1);
});

test("when it is over, all are served again within two seconds", () => {
  const gate = sampled(101, 100);
  for (let i = 0; i < 20; i++) gate.sample(IDLE);
  assert.equal(gate.share, 0);
  assert.equal(gate.over, null);
  assert.equal(shedOf(gate, 1_000), 0);
});

test("each signal has a bound of its own", () => {
  const gate = new OverloadGate();
  gate.bounds = BOUNDS;
  for (let i = 0; i < 3; i++) gate.sample({ ...IDLE, requests: 11, rssBytes: 1e12 });
  assert.equal(gate.over, "requests");
});
