// The whole way of a log line: a logger in a worker thread, its batch, the message, the sink.

import assert from "node:assert/strict";
import { once } from "node:events";
import { Writable } from "node:stream";
import { describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import { LogWindow } from "../../src/observe/log-window.ts";
import { Sink } from "../../src/observe/sink.ts";

const at = (file: string) => JSON.stringify(new URL(`../../src/observe/${file}`, import.meta.url));

const WORKER = `
  import { parentPort, workerData } from "node:worker_threads";
  import { createLogger } from ${at("log.ts")};
  import { LogBatch } from ${at("log-batch.ts")};
  import { LogWindow } from ${at("log-window.ts")};
  const batch = new LogBatch({
    post: (text) => parentPort.postMessage(text),
    window: new LogWindow(workerData),
    onDrop: (lines) => { throw new Error(lines + " lines dropped"); },
  });
  const logger = createLogger({ level: "info", format: "json", fields: { worker: 7 } }, batch);
  for (let line = 0; line < 5000; line++) logger.info({ line }, "hello");
  batch[Symbol.dispose]();
`;

describe("a log line of a worker", () => {
  it("reaches the sink: all of them, whole, in order, and the window is empty again", async () => {
    let output = "";
    const stream = new Writable({
      write(chunk, _encoding, done) {
        output += String(chunk);
        done();
      },
    });
    const sink = new Sink(stream, () => assert.fail("dropped"));
    const window = new LogWindow();
    let batches = 0;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(WORKER)}`), {
      workerData: window.shared,
    });
    worker.on("message", (text: string) => {
      batches += 1;
      window.giveBack(text.length);
      sink.write(text);
    });
    await once(worker, "exit");
    await sink.close();
    const lines = output.trimEnd().split("\n");
    const numbers = lines.map((line): unknown => JSON.parse(line).line);
    assert.deepEqual(
      numbers,
      Array.from({ length: 5_000 }, (_, index) => index),
    );
    assert.ok(batches > 1 && batches < 100);
    assert.equal(new Int32Array(window.shared)[0], 0);
  });
});
