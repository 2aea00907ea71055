// Captured requests in the main thread: by rule, bounded, and gone when their time is over.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { CAPTURE_LIMITS } from "../../../src/base/capture-limits.ts";
import type { CaptureRuleSpec } from "../../../src/control/captures-access.ts";
import { Captures } from "../../../src/fleet/main/captures.ts";
import type { CaptureRecord } from "../../../src/observe/capture/record.ts";
import type { CaptureOrder } from "../../../src/observe/capture/rule.ts";

const SPEC: CaptureRuleSpec = {
  ...{ path: "", methods: [], statuses: [], count: 2, ttlMs: 60_000, keepsLogins: true },
  ...{ redacts: [], compares: ["status"], ignores: [] },
};

const EMPTY = { base64: "", bytes: 0, sha256: "", chunks: [] };

const record = (id: string, change: Partial<CaptureRecord> = {}): CaptureRecord => ({
  ...{
    id,
    startMs: Number(id),
    deployment: "v1",
    calls: [],
    attempts: [],
    gap: null,
    redacted: [],
  },
  request: {
    ...{ method: "GET", target: "/", host: "a", authority: "a", version: "1.1", body: null },
    headers: "Cookie: a=1\r\n",
    client: { address: "192.0.2.1", port: 1, tlsText: "" },
    trace: null,
  },
  end: { error: null, status: 200, headers: "", body: EMPTY },
  ...change,
});

async function stand() {
  let orders: readonly CaptureOrder[] = [];
  const captures = new Captures(async (told) => {
    orders = told;
  });
  const rule = await captures.addRule("t", SPEC);
  assert.ok(rule !== null);
  const take = (one: CaptureRecord) =>
    captures.receive({ rule: rule.id, text: JSON.stringify(one) });
  return { captures, rule, take, orders: () => orders };
}

test("a rule that has kept what it may is no longer one of the workers'", async () => {
  const { captures, take, orders } = await stand();
  assert.equal(orders().length, 1);
  for (const id of ["1", "2", "3"]) take(record(id));
  assert.deepEqual(
    [orders().length, captures.list("t").map((one) => one.requestId)],
    [0, ["2", "1"]],
  );
  captures.close();
});

test("what it kept is for its tenant alone, and goes with it", async () => {
  const { captures, rule, take, orders } = await stand();
  take(record("1"));
  const [{ id = "" } = {}] = captures.list("t");
  assert.equal(captures.read("other", id), null);
  assert.deepEqual(captures.toReplay("other", { ids: [id] }), []);
  assert.equal(await captures.removeRule("other", rule.id), false);
  assert.equal(captures.remove("other", id), false);
  captures.forget("t");
  assert.deepEqual([captures.read("t", id), captures.rules("t"), orders()], [null, [], []]);
  captures.close();
});

test("a login is there for a replay, and for nobody's eyes", async () => {
  const { captures, take } = await stand();
  take(record("1"));
  const [{ id = "" } = {}] = captures.list("t");
  assert.match(captures.read("t", id)?.request.headers ?? "", /^Cookie: redacted-/);
  const [one] = captures.toReplay("t", { ids: [id] });
  assert.equal(one?.record.request.headers, "Cookie: a=1\r\n");
  captures.close();
});

test("after its time nothing of a rule is left", async () => {
  mock.timers.enable({ apis: ["Date", "setInterval"] });
  const { captures, take, orders } = await stand();
  take(record("1"));
  mock.timers.tick(59_000);
  assert.equal(captures.list("t").length, 1);
  mock.timers.tick(1_000 + CAPTURE_LIMITS.sweepMs);
  assert.deepEqual([captures.list("t"), captures.rules("t"), orders()], [[], [], []]);
  captures.close();
  mock.timers.reset();
});

test("of the newest, those that failed or lack something are no gate", async () => {
  const { captures, take } = await stand();
  const end = { ...record("1").end, status: 500 };
  take(record("1", { end }));
  take(record("2", { gap: "the whole body" }));
  assert.deepEqual(captures.toReplay("t", { last: 9, isWell: true }), []);
  assert.equal(captures.toReplay("t", { last: 9, isWell: false }).length, 1);
  captures.close();
});

test("a tenant has as many rules, and as much room, as it may have", async () => {
  const { captures, rule } = await stand();
  for (let i = 1; i < CAPTURE_LIMITS.rules; i++) {
    assert.notEqual(await captures.addRule("t", SPEC), null);
  }
  assert.equal(await captures.addRule("t", SPEC), null);
  assert.notEqual(await captures.addRule("other", SPEC), null);
  captures.receive({ rule: rule.id, text: "" });
  assert.equal(captures.rules("t")[0]?.dropped, 1);
  captures.close();
});
