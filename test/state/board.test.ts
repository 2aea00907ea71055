// Texts on shared memory: each is read once, whole or not at all.

import assert from "node:assert/strict";
import { it } from "node:test";
import { Worker } from "node:worker_threads";
import { Board } from "../../src/state/board.ts";

it("gives each reader what is new since it looked last, whatever its length", () => {
  const writer = Board.make(4_194_304);
  const reader = new Board(writer.shared);
  assert.equal(reader.news(), null);
  writer.rewrite(["first", "second"]);
  assert.deepEqual(reader.news(), { texts: ["first", "second"], isWhole: true });
  for (const text of ["é\u{1F600}", "", "x".repeat(50_000)]) {
    assert.equal(writer.append(text), true);
    assert.deepEqual(reader.news(), { texts: [text], isWhole: false });
    assert.equal(reader.news(), null);
  }
  writer.append("one");
  writer.append("two");
  assert.deepEqual(reader.news()?.texts, ["one", "two"]);
  const late = new Board(writer.shared).news();
  assert.deepEqual(late?.texts.slice(0, 3), ["first", "second", "é\u{1F600}"]);
});

it("is written anew before what no longer counts takes more than what does", () => {
  const writer = Board.make(4_194_304);
  const reader = new Board(writer.shared);
  const text = "x".repeat(1_000);
  let rewrites = 0;
  for (let i = 0; i < 2_000; i++) {
    if (writer.append(text)) continue;
    rewrites++;
    writer.rewrite([text]);
    assert.deepEqual(reader.news(), { texts: [text], isWhole: true });
    assert.equal(reader.news(), null);
  }
  assert.ok(rewrites > 10 && rewrites < 100, `${rewrites}`);
  assert.ok(writer.shared.byteLength < 300_000, `${writer.shared.byteLength}`);
});

it("refuses what does not fit, and keeps what was there", () => {
  const writer = Board.make(65_536);
  writer.rewrite(["before"]);
  const long = "x".repeat(65_536);
  assert.equal(writer.append(long), false);
  assert.throws(() => writer.rewrite([long]), RangeError);
  assert.deepEqual(new Board(writer.shared).news()?.texts, ["before"]);
});

it("is never half of one text and half of another, while another thread writes", async () => {
  const board = Board.make(1_048_576);
  const code = `
    const { workerData } = require("node:worker_threads");
    import(workerData.module).then(({ Board }) => {
      const writer = new Board(workerData.shared);
      for (let i = 0; i < 20_000; i++) {
        const text = String(i % 10).repeat(1 + ((i * 37) % 5_000));
        if (i % 5 === 0 || !writer.append(text)) writer.rewrite([text, text]);
      }
    });`;
  const module = new URL("../../src/state/board.ts", import.meta.url).href;
  const worker = new Worker(code, { eval: true, workerData: { shared: board.shared, module } });
  const ended = new Promise((resolve) => worker.once("exit", resolve));
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  let read = 0;
  const look = (): void => {
    for (const text of board.news()?.texts ?? []) {
      read++;
      assert.equal(new Set(text).size, 1, "one digit, again and again");
    }
  };
  while (!isOver) {
    for (let i = 0; i < 1_000; i++) look();
    await new Promise((resolve) => setImmediate(resolve));
  }
  look();
  assert.ok(read > 0);
  assert.equal(board.news(), null);
});
