// How many interim responses a peer may send: a few at once, any number over time.

import assert from "node:assert/strict";
import { test } from "node:test";
import { InterimAllowance } from "../../src/upstream/interim-allowance.ts";
import { UPSTREAM_LIMITS } from "../../src/upstream/limits.ts";
import { answering, OK, Stand } from "./stand.ts";

const LIMITS = { ...UPSTREAM_LIMITS, interimsMax: 3, interimEveryMs: 100 };
const PROCESSING = "HTTP/1.1 102 Processing\r\n\r\n";

test("three at once are allowed, and the fourth is one too many", () => {
  const allowance = new InterimAllowance(LIMITS, 1_000);
  const taken = [1, 2, 3, 4].map(() => allowance.take(1_000));
  assert.deepEqual(taken, [true, true, true, false]);
});

test("a job that says for hours that it goes on is allowed to", () => {
  const allowance = new InterimAllowance(LIMITS, 0);
  for (let i = 1; i <= 10_000; i++) assert.ok(allowance.take(i * 100), `number ${i}`);
});

test("one that says so twice as often is not, however long it was quiet before", () => {
  const allowance = new InterimAllowance(LIMITS, 0);
  let count = 0;
  while (allowance.take(1_000_000 + count * 50)) count++;
  assert.ok(count >= 4 && count <= 6, `${count} were allowed`);
});

for (const kind of ["sluice", "undici"] as const) {
  test(`${kind}: forty interim responses over time are passed on, and the answer follows`, async () => {
    using stand = new Stand({ kind, limits: { interimsMax: 1, interimEveryMs: 1e-4 } });
    await using origin = await stand.listen(answering(PROCESSING.repeat(40) + OK));
    const { recorder } = await stand.exchange(stand.peer(origin));
    assert.equal(recorder.error, null);
    assert.deepEqual([recorder.informational.length, recorder.body.toString()], [40, "ok"]);
  });

  test(`${kind}: forty at once are the peer's fault`, async () => {
    using stand = new Stand({ kind, limits: { interimsMax: 16, interimEveryMs: 60_000 } });
    await using origin = await stand.listen(answering(PROCESSING.repeat(40) + OK));
    const { recorder } = await stand.exchange(stand.peer(origin));
    assert.equal(recorder.error?.code, "upstream_protocol");
    assert.equal(recorder.informational.length, 16);
  });
}
