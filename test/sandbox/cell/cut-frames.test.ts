// What a call counts is known with its result or not at all, wherever its cell dies: a call that
// runs again counts once, and one whose result has come is not forgotten.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CutStand } from "./cut-stand.ts";

const BEFORE = `let work = 0;
  const hits = counter("hits");
  const limit = rateLimit("limit", { limit: 100, windowMs: 600_000, algorithm: "fixed-window" });`;

/** By the path of the request. */
const HOOKS = `async requestFilter(session) {
    const { path } = session.request;
    if (path === "/before") { hits.incr(); limit.take("a"); }
    if (path === "/loop") for (;;);
    await null;
    if (path === "/behind") { hits.incr(); limit.take("a"); }
    if (path === "/busy") {
      for (let i = 0; i < 1e7; i++) work += i % 7;
      hits.incr();
    }
    if (path === "/long") {
      hits.incr();
      await new Promise((resolve) => setTimeout(resolve, 600_000));
    }
    if (path === "/timer") {
      await new Promise((resolve) => setTimeout(resolve, 1));
      hits.incr();
      limit.take("a");
    }
    if (path === "/large") {
      hits.incr();
      limit.take("a");
      return new Response("x".repeat(5_000_000));
    }
  }`;

/** The same at once. */
const AT_ONCE = `requestFilter(session) {
    if (session.request.path === "/slow") return Promise.resolve().then(() => {
      hits.incr(); limit.take("a");
    });
    hits.incr();
    limit.take("a");
  }`;

/** Every cut that there is: until a cell comes through all of it. Returns how many. */
async function cutEverywhere(hooks: string, paths: readonly string[]): Promise<number> {
  for (let passes = 0; ; passes++) {
    using stand = new CutStand(BEFORE, hooks);
    const { isCut } = await stand.cell([passes]);
    const answers = Promise.all(paths.map((path) => stand.ask(path)));
    const wasCut = await Promise.race([isCut.then(() => true), answers.then(() => false)]);
    if (wasCut) {
      await stand.kill();
      await stand.cell();
    }
    for (const { error } of await answers) assert.equal(error, null);
    const count = paths.length;
    const where = `${paths.join()} cut behind message ${passes}`;
    assert.equal(stand.count("hits"), count, where);
    const expected = { allowed: count, remaining: 100 - count };
    assert.deepEqual(stand.limit("limit", "a"), expected, where);
    if (!wasCut) return passes;
  }
}

test("a count behind an await", async () => {
  assert.ok((await cutEverywhere(HOOKS, ["/behind", "/behind", "/behind"])) > 0);
});

test("a count before an await", async () => {
  assert.ok((await cutEverywhere(HOOKS, ["/before", "/before", "/before"])) > 0);
});

test("a count behind an answer of the host's", async () => {
  assert.ok((await cutEverywhere(HOOKS, ["/timer", "/behind", "/timer"])) > 1);
});

test("a count of a call whose answer takes more than a frame", async () => {
  assert.ok((await cutEverywhere(HOOKS, ["/large", "/behind", "/large"])) > 1);
});

test("counts of calls that await beside those of calls that do not", async () => {
  assert.ok((await cutEverywhere(AT_ONCE, ["/", "/slow", "/", "/slow", "/"])) > 0);
});

test("a count of a call whose message its cell could not get rid of", async () => {
  using stand = new CutStand(BEFORE, HOOKS, 2);
  const { isCut } = await stand.cell([0]);
  const held = stand.ask("/behind", 0);
  await isCut;
  assert.equal((await stand.ask("/behind", 1)).error, null);
  await stand.kill();
  await stand.cell();
  assert.equal((await held).error, null);
  assert.equal(stand.count("hits"), 2);
});

test("a count of a call whose isolate another one ends in the next crossing", async () => {
  using stand = new CutStand(BEFORE, HOOKS);
  await stand.cell();
  const [counted, killer] = await Promise.all(["/behind", "/loop"].map((path) => stand.ask(path)));
  assert.equal(counted?.error, null);
  assert.equal(killer?.error?.code, "script_timeout");
  assert.equal(stand.count("hits"), 1);
  assert.deepEqual(stand.limit("limit", "a"), { allowed: 1, remaining: 99 });
});

test("counts of calls whose turn waits while another one of their tenant's comes out", async () => {
  for (let passes = 0, isDone = false; !isDone; passes++) {
    using stand = new CutStand(BEFORE, HOOKS, 2);
    const { isCut } = await stand.cell([passes], { isShared: true });
    const busy = Promise.all(Array.from({ length: 4 }, () => stand.ask("/busy", 0)));
    const other = stand.ask("/behind", 1);
    isDone = await Promise.race([isCut.then(() => false), busy.then(() => true)]);
    assert.equal((await other).error, null);
    if (!isDone) {
      await stand.kill();
      await stand.cell();
    }
    for (const { error } of await busy) assert.equal(error, null);
    assert.equal(stand.count("hits"), 5, `cut behind message ${passes}`);
  }
});

test("who has counted and awaits when its cell dies for the second time is not begun again", async () => {
  for (const passes of [0, 1, 2]) {
    using stand = new CutStand(BEFORE, HOOKS);
    await stand.cell();
    const answer = stand.ask("/long");
    await stand.counted("hits", 1);
    await stand.kill();
    const { isCut } = await stand.cell([passes]);
    await Promise.race([isCut, stand.counted("hits", 2)]);
    await stand.kill();
    await stand.cell();
    // of the run that was cut off nothing has come out, so that it was none
    if (stand.count("hits") < 2) {
      await stand.counted("hits", 2);
      await stand.kill();
      await stand.cell();
    }
    assert.equal((await answer).error?.code, "cell_lost", `cut behind message ${passes}`);
    assert.equal(stand.count("hits"), 2);
  }
});

test("nor is who awaits while others of its turn go on", async () => {
  using stand = new CutStand(BEFORE, HOOKS);
  const { isCut } = await stand.cell([1]);
  const long = stand.ask("/long");
  const busy = Promise.all(Array.from({ length: 4 }, () => stand.ask("/busy")));
  await isCut;
  await stand.kill();
  const again = await stand.cell([1]);
  await again.isCut;
  await stand.kill();
  await stand.cell();
  assert.equal((await long).error?.code, "cell_lost");
  for (const { error } of await busy) assert.equal(error, null);
  // twice by the one, whose await was heard of, and once by each other
  assert.equal(stand.count("hits"), 2 + 4);
});
