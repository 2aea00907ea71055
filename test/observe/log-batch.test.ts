// The way of log lines from a worker to the main thread.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LIMITS } from "../../src/base/limits.ts";
import { LogBatch } from "../../src/observe/log-batch.ts";
import { LogWindow } from "../../src/observe/log-window.ts";

const setUp = (window = new LogWindow()) => {
  const posted: string[] = [];
  const counts = { dropped: 0 };
  const batch = new LogBatch({
    post: (text) => void posted.push(text),
    window,
    onDrop: (lines) => {
      counts.dropped += lines;
    },
  });
  return { batch, posted, counts, window, [Symbol.dispose]: () => batch[Symbol.dispose]() };
};

const LINE = `${"x".repeat(99)}\n`;

describe("LogBatch", () => {
  it("posts nothing for a line, and all lines in order when flushed", () => {
    using t = setUp();
    t.batch.write("a\n");
    t.batch.write("b\n");
    assert.deepEqual(t.posted, []);
    t.batch.flush();
    t.batch.flush();
    assert.deepEqual(t.posted, ["a\nb\n"]);
  });

  it("posts as soon as a batch is full", () => {
    using t = setUp();
    const lines = LIMITS.logBatchChars / LINE.length;
    for (let line = 0; line < lines - 1; line++) t.batch.write(LINE);
    assert.equal(t.posted.length, 0);
    t.batch.write(LINE);
    assert.equal(t.posted.length, 1);
    assert.ok((t.posted[0]?.length ?? 0) >= LIMITS.logBatchChars);
  });

  it("posts by itself after a while, each time anew", async () => {
    // The batch's own timer does not keep a process alive; this one does, for the test's sake.
    const alive = setInterval(() => {}, 1_000);
    for (const line of ["first\n", "second\n"]) {
      const { promise, resolve } = Promise.withResolvers<string>();
      using batch = new LogBatch({
        post: resolve,
        window: new LogWindow(),
        onDrop: () => assert.fail(),
      });
      batch.write(line);
      assert.equal(await promise, line);
    }
    clearInterval(alive);
  });

  it("posts what is left when it is disposed of", () => {
    const t = setUp();
    t.batch.write("last\n");
    t.batch[Symbol.dispose]();
    assert.deepEqual(t.posted, ["last\n"]);
  });

  it("drops and counts lines while the main thread takes none, and goes on when it does", () => {
    using t = setUp();
    const wanted = (2 * LIMITS.logWindowChars) / LINE.length;
    for (let line = 0; line < wanted; line++) t.batch.write(LINE);
    t.batch.flush();
    const posted = t.posted.reduce((sum, text) => sum + text.length, 0);
    assert.ok(posted <= LIMITS.logWindowChars);
    assert.ok(posted > LIMITS.logWindowChars / 2);
    assert.equal(t.counts.dropped, Math.ceil(wanted) - posted / LINE.length);
    for (const text of t.posted) t.window.giveBack(text.length);
    t.batch.write("on\n");
    t.batch.flush();
    assert.equal(t.posted.at(-1), "on\n");
  });
});

describe("LogWindow", () => {
  it("is one count for both sides of the shared memory", () => {
    const main = new LogWindow();
    const worker = new LogWindow(main.shared);
    assert.ok(worker.take(LIMITS.logWindowChars));
    assert.ok(!worker.take(1));
    main.giveBack(1);
    assert.ok(worker.take(1));
  });
});
