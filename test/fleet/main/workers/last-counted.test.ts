// What a worker has counted, for who looks. The test is the worker: it answers when it likes.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { LastCounted, LOOK_MS } from "../../../../src/fleet/main/workers/last-counted.ts";
import type { WorkerReply } from "../../../../src/fleet/shared/messages.ts";
import { Metrics, type MetricsSnapshot } from "../../../../src/observe/metrics.ts";
import { type PackedSnapshot, pack } from "../../../../src/observe/packed-snapshot.ts";

class Played {
  readonly metrics = new Metrics();
  readonly counted: LastCounted;
  readonly asked: PromiseWithResolvers<WorkerReply>[] = [];

  constructor(t: TestContext) {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    this.metrics.gauge("sluice_workers").set(1);
    this.metrics.gauge("sluice_connections").set(5);
    this.counted = new LastCounted(() => {
      const asked = Promise.withResolvers<WorkerReply>();
      this.asked.push(asked);
      return asked.promise;
    });
  }

  count(requests: number): void {
    this.metrics.counter("sluice_retries_total", "shop").add(requests);
  }

  packed(): PackedSnapshot {
    return pack(this.metrics.snapshot());
  }

  answer(): void {
    this.asked.shift()?.resolve({ type: "counted", snapshot: this.packed() });
  }
}

const figureOf = (snapshot: MetricsSnapshot, name: string): number | undefined =>
  snapshot.find((one) => one.name === name)?.values[0];

const retriesIn = (snapshot: MetricsSnapshot) => figureOf(snapshot, "sluice_retries_total");

test("who looks waits for a worker that is busy no longer than it may, and gets what it said last", async (t) => {
  const worker = new Played(t);
  worker.count(3);
  const first = worker.counted.look();
  worker.answer();
  assert.equal(retriesIn(await first), 3);
  worker.count(4);
  const second = worker.counted.look();
  t.mock.timers.tick(LOOK_MS);
  assert.equal(retriesIn(await second), 3);
  assert.equal(figureOf(await second, "sluice_connections"), 5);
  assert.equal(figureOf(await second, "sluice_workers"), undefined);
  // it is free again: nobody is left who waits, and what it says is known
  worker.answer();
  await new Promise(setImmediate);
  assert.equal(retriesIn(worker.counted.last), 7);
});

test("of one that never answered there is nothing yet", async (t) => {
  const worker = new Played(t);
  const looked = worker.counted.look();
  t.mock.timers.tick(LOOK_MS);
  assert.deepEqual(await looked, []);
});

test("a worker that is busy has two answers to give at most, however many look", async (t) => {
  const worker = new Played(t);
  const looks = Array.from({ length: 50 }, () => worker.counted.look());
  assert.equal(worker.asked.length, 1);
  worker.count(1);
  worker.answer();
  await new Promise(setImmediate);
  assert.equal(worker.asked.length, 1);
  worker.count(1);
  worker.answer();
  const [first, ...others] = (await Promise.all(looks)).map(retriesIn);
  assert.equal(first, 1);
  assert.deepEqual(new Set(others), new Set([2]));
  assert.equal(worker.asked.length, 0);
});

test("a worker that is gone has what it counted, and nothing else", async (t) => {
  const worker = new Played(t);
  worker.counted.take(worker.packed());
  worker.count(2);
  worker.counted.take(worker.packed());
  const looked = worker.counted.look();
  worker.asked.shift()?.reject(new Error("it ended"));
  assert.deepEqual(
    (await looked).map(({ name }) => name),
    ["sluice_retries_total"],
  );
  assert.equal(retriesIn(await looked), 2);
});
