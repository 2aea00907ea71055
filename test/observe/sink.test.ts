// Standard output under readers that are slow, stop, or go away.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { LIMITS } from "../../src/base/limits.ts";
import { Sink } from "../../src/observe/sink.ts";

/** A reader that takes a chunk only when told to. */
class SlowReader extends Writable {
  readonly taken: string[] = [];
  #next: (() => void) | null = null;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.taken.push(chunk.toString());
    this.#next = done;
  }

  takeAll(): void {
    while (this.#next !== null) {
      const next = this.#next;
      this.#next = null;
      next();
    }
  }
}

const setUp = () => {
  const reader = new SlowReader();
  const counts = { dropped: 0 };
  const sink = new Sink(reader, (lines) => {
    counts.dropped += lines;
  });
  return { reader, counts, sink };
};

describe("Sink", () => {
  it("keeps lines for a slow reader up to its bound, then drops and counts them", () => {
    const { reader, counts, sink } = setUp();
    const batch = `${"x".repeat(511)}\n`.repeat(2_048);
    const fitting = Math.floor(LIMITS.logSinkChars / batch.length);
    for (let index = 0; index < fitting; index++) sink.write(batch);
    assert.equal(counts.dropped, 0);
    sink.write(batch);
    assert.equal(counts.dropped, 2_048);
    assert.ok(reader.writableLength <= LIMITS.logSinkChars);
    reader.destroy();
  });

  it("takes lines again when the reader has caught up", async () => {
    const { reader, counts, sink } = setUp();
    sink.write(`${"x".repeat(LIMITS.logSinkChars - 1)}\n`);
    sink.write("lost\n");
    assert.equal(counts.dropped, 1);
    const drained = once(reader, "drain");
    reader.takeAll();
    await drained;
    sink.write("taken\n");
    assert.equal(reader.taken.at(-1), "taken\n");
    assert.equal(counts.dropped, 1);
    reader.destroy();
  });

  it("drops lines, and nothing else happens, when the reader is gone", async () => {
    const { reader, counts, sink } = setUp();
    const closed = new Promise((resolve) => reader.once("close", resolve));
    reader.destroy(new Error("EPIPE"));
    await closed;
    sink.write("a\nb\n");
    assert.equal(counts.dropped, 2);
    await sink.close();
  });

  it("closes when the last line is out", async () => {
    const { reader, sink } = setUp();
    sink.write("last\n");
    let isClosed = false;
    const closing = sink.close().then(() => {
      isClosed = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isClosed, false);
    const pump = setInterval(() => reader.takeAll(), 1);
    await closing;
    clearInterval(pump);
    assert.equal(reader.taken[0], "last\n");
    reader.destroy();
  });

  it("closes in the end even if nobody reads", async () => {
    const { reader, counts, sink } = setUp();
    sink.write("stuck\n");
    await sink.close();
    sink.write("after\n");
    assert.equal(counts.dropped, 1);
    reader.destroy();
  });
});

const SINK = new URL("../../src/observe/sink.ts", import.meta.url).href;

// Writes far more than a pipe holds, then says on standard error how the writing went.
const FLOOD = `
  import { Sink } from ${JSON.stringify(SINK)};
  let dropped = 0;
  const sink = new Sink(process.stdout, (lines) => { dropped += lines; });
  const batch = ("x".repeat(99) + "\\n").repeat(600);
  for (let index = 0; index < 400; index++) sink.write(batch);
  process.stderr.write(JSON.stringify({ dropped }) + "\\n");
  process.stdin.once("data", async () => {
    await sink.close();
    process.exit(0);
  });
`;

describe("Sink on a real pipe", () => {
  it("does not wait for a reader that reads nothing, and loses only what it counted", async () => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", FLOOD]);
    // Nothing is read from standard output until the child has written all it had.
    const [said] = await once(child.stderr, "data");
    const { dropped } = JSON.parse(String(said));
    assert.ok(dropped > 0 && dropped < 400 * 600);
    const output = text(child.stdout);
    const exited = once(child, "exit");
    child.stdin.end("done\n");
    const lines = (await output).split("\n").length - 1;
    assert.deepEqual(await exited, [0, null]);
    assert.equal(lines + dropped, 400 * 600);
  });

  it("outlives a reader that goes away", async () => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", FLOOD]);
    child.stdout.destroy();
    await once(child.stderr, "data");
    const exited = once(child, "exit");
    child.stdin.end("done\n");
    assert.deepEqual(await exited, [0, null]);
  });
});
