// Text on shared memory: read whole or not at all.

import assert from "node:assert/strict";
import { it } from "node:test";
import { Worker } from "node:worker_threads";
import { Board } from "../../src/state/board.ts";

it("is news to each reader once, whatever its length", () => {
  const writer = Board.make(1_048_576);
  const reader = new Board(writer.shared);
  assert.equal(reader.news(), null);
  for (const text of ["é\u{1F600}", "", "x".repeat(500_000), "y"]) {
    writer.write(text);
    assert.equal(reader.news(), text);
    assert.equal(reader.news(), null);
  }
  assert.equal(new Board(writer.shared).news(), "y", "also to one who comes late");
});

it("refuses what does not fit, and keeps what was there", () => {
  const writer = Board.make(65_536);
  writer.write("before");
  assert.throws(() => writer.write("x".repeat(65_536)), RangeError);
  assert.equal(new Board(writer.shared).news(), "before");
});

it("is never half of one text and half of another, while another thread writes", async () => {
  const board = Board.make(1_048_576);
  const code = `
    const { workerData } = require("node:worker_threads");
    import(workerData.module).then(({ Board }) => {
      const writer = new Board(workerData.shared);
      for (let i = 0; i < 20_000; i++) writer.write(String(i % 10).repeat(1 + ((i * 37) % 5_000)));
    });`;
  const module = new URL("../../src/state/board.ts", import.meta.url).href;
  const worker = new Worker(code, { eval: true, workerData: { shared: board.shared, module } });
  const ended = new Promise((resolve) => worker.once("exit", resolve));
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  let read = 0;
  while (!isOver) {
    for (let i = 0; i < 1_000; i++) {
      const text = board.news();
      if (text === null) continue;
      read++;
      assert.equal(new Set(text).size, 1, "one digit, again and again");
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  const last = board.news();
  assert.ok(read > 0 || last !== null);
});
