// Messages that are written past a socket's stream: none is lost, cut or overtaken when the other
// side reads late, and none is written when it is gone.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { ReadTap } from "../../../src/base/read-tap.ts";
import { socketPair } from "../../../src/fleet/worker/socket-pair.ts";
import { BLANK, PIPE, type PipeMessage } from "../../../src/sandbox/cell/pipe.ts";
import { PipeReader } from "../../../src/sandbox/cell/pipe-reader.ts";
import { PipeWriter } from "../../../src/sandbox/cell/pipe-writer.ts";

const TEXT = "0123456789abcdef".repeat(2_000);

/** Every tenth is larger than the buffer in which messages are put together. */
const messageOf = (turn: number): PipeMessage => ({
  ...BLANK,
  kind: PIPE.TURN,
  turn,
  text: turn % 10 === 0 ? TEXT.repeat(3) : TEXT.slice(turn),
});

test("messages come in their order though the other side begins to read when all are sent", async () => {
  const { near, far } = await socketPair();
  const writer = new PipeWriter(near);
  const count = 100;
  for (let turn = 1; turn <= count; turn++) writer.send(messageOf(turn));
  assert.ok(near.writableLength > 0, "the socket had room for all of them");
  const messages: PipeMessage[] = [];
  const reader = new PipeReader();
  far.on("data", (chunk: Buffer) => reader.read(chunk, (message) => void messages.push(message)));
  far.resume();
  near.end();
  await once(far, "end");
  assert.deepEqual(
    messages.map(({ turn, text }) => [turn, text.length]),
    Array.from({ length: count }, (_, at) => [at + 1, messageOf(at + 1).text.length]),
  );
  far.destroy();
});

test("a message in parts is read whole through a tap, and keeps nothing of its buffer", async () => {
  const tap = new ReadTap();
  const { near, far } = await socketPair(tap);
  const reader = new PipeReader();
  const { promise, resolve } = Promise.withResolvers<PipeMessage>();
  tap.receiver = {
    onBytes: (bytes) => {
      reader.read(bytes, resolve);
      bytes.fill(0);
      return true;
    },
  };
  const parts = [Buffer.from("first "), Buffer.from("second")];
  new PipeWriter(far).send({ ...BLANK, kind: PIPE.OUT, text: "a text" }, parts);
  const { text, bytes } = await promise;
  assert.deepEqual([text, bytes.toString()], ["a text", "first second"]);
  near.destroy();
  far.destroy();
});

test("nothing is written, and nothing thrown, when the socket is closed on either side", async () => {
  const { near, far } = await socketPair();
  const writer = new PipeWriter(near);
  const gone = once(near, "close");
  near.on("error", () => {});
  far.destroy();
  writer.send(messageOf(1));
  writer.send(messageOf(2));
  near.destroy();
  await gone;
  writer.send(messageOf(3));
  assert.equal(near.destroyed, true);
});
