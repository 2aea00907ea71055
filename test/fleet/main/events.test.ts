// The stream of what changes: what a reader hears at once, after a moment away, and when it was
// away for too long.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setImmediate as pass } from "node:timers/promises";
import { LIMITS } from "../../../src/base/limits.ts";
import type { Fault } from "../../../src/control/api/faults.ts";
import type { TailReader } from "../../../src/control/tail-source.ts";
import { Events } from "../../../src/fleet/main/events.ts";

const NO_POINTS = { requests: [7], errors: [1], p50Ms: [2], p99Ms: [null], scriptMs: [3] };

/** A second goes by when the test says so. */
function started(t: TestContext) {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const world = { revision: 4, faults: [] as Fault[], asked: 0 };
  const events = new Events({
    revision: () => world.revision,
    faults: async () => {
      world.asked++;
      return world.faults;
    },
    series: () => ({ stepMs: 5_000, toMs: 9, points: NO_POINTS }),
  });
  const seconds = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      t.mock.timers.tick(LIMITS.eventsLookMs);
      await pass();
    }
  };
  return { world, events, seconds };
}

function readerOf(mayRead = true) {
  const heard = { text: "", isOver: false, mayRead, taken: [] as (() => void)[] };
  const reader: TailReader = {
    mayRead: async () => heard.mayRead,
    write: (text, taken) => {
      heard.text += text;
      heard.taken.push(taken);
    },
    end: () => {
      heard.isOver = true;
    },
  };
  const named = () => [...heard.text.matchAll(/^event: (\w+)$/gm)].map(([, name]) => name);
  const lastId = () => [...heard.text.matchAll(/^id: (\S+)$/gm)].at(-1)?.[1] ?? "";
  return { heard, reader, named, lastId };
}

test("a reader hears what is so, then what changes, and figures at each step", async (t) => {
  const { world, events, seconds } = started(t);
  const { heard, reader, named } = readerOf();
  events.open(null, reader);
  assert.deepEqual(named(), ["change", "faults"]);
  assert.match(heard.text, /"revision":4/);
  await seconds(1);
  assert.deepEqual(named().slice(2), ["tick"]);
  assert.match(heard.text, /"requests":7,"errors":1,"scriptMs":3,"p50Ms":2,"p99Ms":null/);
  world.revision = 5;
  await seconds(1);
  assert.deepEqual(named().slice(3), ["change"]);
  world.faults = [{ severity: "error", tenant: "shop", text: "out" }];
  await seconds(4);
  assert.deepEqual(named().slice(4), ["tick", "faults"]);
  await seconds(5);
  assert.deepEqual(named().slice(6), ["tick"]);
  events.close();
  assert.ok(heard.isOver);
});

test("who was away for a moment hears what it has missed, and others ask for all again", async (t) => {
  const { world, events, seconds } = started(t);
  const first = readerOf();
  events.open(null, first.reader);
  const id = first.lastId();
  for (let i = 0; i < 3; i++) {
    world.revision++;
    await seconds(1);
  }
  const back = readerOf();
  events.open(id, back.reader);
  assert.deepEqual(back.named(), ["change", "change", "change"]);
  assert.equal(back.lastId(), first.lastId());
  for (const other of ["another.1", "nonsense", `${id.split(".")[0]}.99`]) {
    const lost = readerOf();
    events.open(other, lost.reader);
    assert.deepEqual(lost.named(), ["reset"], other);
    assert.equal(lost.lastId(), first.lastId());
  }
  for (let i = 0; i <= LIMITS.eventsKept; i++) {
    world.revision++;
    await seconds(1);
  }
  const late = readerOf();
  events.open(id, late.reader);
  assert.deepEqual(late.named(), ["reset"]);
  events.close();
});

test("nobody is asked while nobody reads, and what came meanwhile is told", async (t) => {
  const { world, events, seconds } = started(t);
  await seconds(10);
  assert.equal(world.asked, 0);
  const first = readerOf();
  const opened = events.open(null, first.reader);
  await seconds(1);
  opened?.close();
  world.revision = 9;
  await seconds(10);
  assert.equal(world.asked, 1);
  const back = readerOf();
  events.open(first.lastId(), back.reader);
  assert.deepEqual(back.named(), ["change"]);
  assert.match(back.heard.text, /"revision":9/);
  events.close();
});

test("who may not read any more, and one too many, hears nothing", async (t) => {
  const { events } = started(t);
  const all = Array.from({ length: LIMITS.tailReaders }, () => readerOf());
  for (const { reader } of all) assert.notEqual(events.open(null, reader), null);
  assert.equal(events.open(null, readerOf().reader), null);
  const [one] = all;
  if (one !== undefined) one.heard.mayRead = false;
  await events.review();
  assert.equal(one?.heard.isOver, true);
  assert.notEqual(events.open(null, readerOf().reader), null);
  events.close();
  assert.equal(events.open(null, readerOf().reader), null);
});

test("who is too slow misses some, and is told to ask for all again", async (t) => {
  const { world, events, seconds } = started(t);
  const { heard, reader, named } = readerOf();
  world.faults = [{ severity: "error", tenant: null, text: "x".repeat(LIMITS.logWindowChars) }];
  events.open(null, reader);
  await seconds(1);
  world.faults = [];
  await seconds(5);
  assert.ok(named().includes("reset"), named().join());
  assert.ok(heard.text.length < LIMITS.logWindowChars);
  events.close();
});
