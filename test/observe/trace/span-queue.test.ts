// Spans on their way to the collector: how many may wait, and whose go first.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMITS } from "../../../src/base/limits.ts";
import { LogWindow } from "../../../src/observe/log-window.ts";
import { SpanBatch, type SpanNews } from "../../../src/observe/trace/span-batch.ts";
import { SpanQueue } from "../../../src/observe/trace/span-queue.ts";

const news = (tenant: string, text: string, spans = 1): SpanNews => ({ tenant, text, spans });

function queueOf(spans: number, chars = 1_000) {
  const told = { dropped: 0 };
  const queue = new SpanQueue(
    (count) => {
      told.dropped += count;
    },
    { spans, chars },
  );
  return { queue, told };
}

const texts = (taken: readonly SpanNews[]) => taken.map(({ text }) => text).join();

test("who has most loses its oldest, and nobody else anything", () => {
  const { queue, told } = queueOf(4);
  queue.add(news("quiet", "q1"));
  for (const text of ["n1", "n2", "n3", "n4", "n5"]) queue.add(news("noisy", text));
  assert.equal(told.dropped, 2);
  assert.equal(texts(queue.take(100)), "q1,n3,n4,n5");
  assert.equal(queue.spans, 0);
});

test("text is bounded as well, also by a piece that is larger than all of it", () => {
  const { queue, told } = queueOf(100, 10);
  queue.add(news("a", "12345"));
  queue.add(news("b", "1234567"));
  assert.deepEqual([told.dropped, texts(queue.take(100))], [1, "1234567"]);
  queue.add(news("b", "12345678901"));
  assert.deepEqual([told.dropped, queue.spans], [2, 0]);
});

test("tenants are served in turn", () => {
  const { queue } = queueOf(100);
  for (const text of ["a1", "a2", "a3"]) queue.add(news("a", text));
  for (const text of ["b1", "b2"]) queue.add(news("b", text));
  assert.equal(texts(queue.take(2)), "a1,b1");
  assert.equal(texts(queue.take(2)), "a2,b2");
  assert.equal(texts(queue.take(2)), "a3");
  assert.deepEqual(queue.take(2), []);
});

function batchOf(room: number = LIMITS.spanWindowChars) {
  const told = { posted: [] as SpanNews[], dropped: 0 };
  const window = new LogWindow(undefined, room);
  const batch = new SpanBatch({
    window,
    post: (all) => void told.posted.push(...all),
    onDrop: (spans) => {
      told.dropped += spans;
    },
  });
  return { batch, told, window };
}

test("a batch has each tenant's spans apart, with commas between", () => {
  const { batch, told } = batchOf();
  batch.add("a", 2, () => "1,2");
  batch.add("b", 1, () => "3");
  batch.add("a", 1, () => "4");
  batch.flush();
  assert.deepEqual(told.posted, [news("a", "1,2,4", 3), news("b", "3")]);
  batch.flush();
  assert.equal(told.posted.length, 2);
});

test("what there is no room for is counted, and not even made", () => {
  const { batch, told } = batchOf(5);
  batch.add("a", LIMITS.spansOfTenantBatch, () => "1234");
  batch.add("a", 1, () => assert.fail("it is made"));
  assert.equal(told.dropped, 1);
  batch.flush();
  batch.add("b", 3, () => "56");
  batch.flush();
  assert.deepEqual([told.posted.length, told.dropped], [1, 4]);
});
