// Writes past the stream of a real socket: their order, what waits, and how it ends.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { CAN_WRITE_PAST_STREAM, WriteTap } from "../../src/base/write-tap.ts";

/** Far more than the kernel keeps for a reader that does not read. */
const MANY_BYTES = 32 * 1_048_576;

class Pair implements AsyncDisposable {
  readonly tap: WriteTap;
  /** Every byte that has come to the reader. */
  readonly received: Buffer[] = [];
  readonly writer: Socket;
  readonly reader: Socket;

  constructor(writer: Socket, reader: Socket) {
    this.writer = writer;
    this.reader = reader;
    this.tap = new WriteTap(writer);
    reader.on("data", (chunk: Buffer) => this.received.push(chunk)).pause();
    reader.on("error", () => {});
  }

  static async open(): Promise<Pair> {
    const server = createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    assert(typeof address === "object" && address !== null);
    const accepted = once(server, "connection");
    const writer = connect({ port: address.port, host: "127.0.0.1" });
    const [[reader]] = await Promise.all([accepted, once(writer, "connect")]);
    server.close();
    return new Pair(writer, reader);
  }

  /** Reads to the end of the writer's half. */
  async whole(): Promise<Buffer> {
    this.reader.resume();
    await once(this.reader, "end");
    return Buffer.concat(this.received);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of [this.writer, this.reader]) {
      if (socket.closed) continue;
      const closed = once(socket, "close");
      socket.destroy();
      await closed;
    }
  }
}

/** Each byte tells where it stands. */
const pattern = (length: number): Buffer => {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE(at, at);
  return bytes;
};

test("this Node lets bytes past a socket's stream", () => {
  assert.equal(CAN_WRITE_PAST_STREAM, true);
});

test("latin1 text and bytes arrive as they are, in their order, and are counted", async () => {
  await using pair = await Pair.open();
  const text = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("");
  assert.equal(pair.tap.write(text), true);
  assert.equal(pair.tap.write(Buffer.from("bytes")), true);
  assert.equal(pair.tap.write("x".repeat(40_000)), true);
  assert.equal(pair.tap.waitingBytes, 0);
  assert.equal(pair.writer.writableLength, 0);
  assert.equal(pair.writer.bytesWritten, 256 + 5 + 40_000);
  pair.writer.end();
  const expected = `${text}bytes${"x".repeat(40_000)}`;
  assert.equal((await pair.whole()).toString("latin1"), expected);
});

test("a reader that does not read blocks the writer, and drain tells when it has read", async () => {
  await using pair = await Pair.open();
  const bytes = pattern(MANY_BYTES);
  assert.equal(pair.tap.write(bytes), false);
  assert.equal(pair.tap.isBlocked, true);
  const waiting = pair.tap.waitingBytes;
  assert(waiting > 0);
  const drained = once(pair.writer, "drain");
  pair.reader.resume();
  await drained;
  assert.equal(pair.tap.isBlocked, false);
  assert.equal(pair.tap.waitingBytes, 0);
  assert.equal(pair.tap.write("behind"), true);
  pair.writer.end();
  const all = Buffer.concat([bytes, Buffer.from("behind")]);
  assert((await pair.whole()).equals(all));
});

test("what is written while bytes wait comes behind them, through the tap or the stream", async () => {
  await using pair = await Pair.open();
  const bytes = pattern(MANY_BYTES);
  assert.equal(pair.tap.write(bytes), false);
  assert.equal(pair.tap.write("one "), false);
  pair.writer.write("two ");
  assert.equal(pair.tap.write("three "), false);
  pair.writer.end("four");
  const all = Buffer.concat([bytes, Buffer.from("one two three four")]);
  assert((await pair.whole()).equals(all));
});

test("bytes that wait are kept, though nobody else holds them", async () => {
  await using pair = await Pair.open();
  setFlagsFromString("--expose-gc");
  const collectGarbage: unknown = runInNewContext("gc");
  assert(typeof collectGarbage === "function");
  for (let i = 0; i < 8; i++) pair.tap.write(pattern(MANY_BYTES / 8));
  collectGarbage();
  for (let i = 0; i < 8; i++) Buffer.alloc(MANY_BYTES / 8, 0xff);
  pair.writer.end();
  const part = pattern(MANY_BYTES / 8);
  assert((await pair.whole()).equals(Buffer.concat(Array.from({ length: 8 }, () => part))));
});

test("waiting bytes become less while the reader reads, before drain", async () => {
  await using pair = await Pair.open();
  pair.tap.write(pattern(MANY_BYTES));
  const waiting = pair.tap.waitingBytes;
  pair.reader.resume();
  while (pair.tap.waitingBytes === waiting) await once(pair.reader, "data");
  assert(pair.tap.waitingBytes < waiting);
});

test("a reader that is gone is an error of the socket, which closes", async () => {
  await using pair = await Pair.open();
  pair.reader.resetAndDestroy();
  const failed = once(pair.writer, "error");
  const closed = new Promise((resolve) => pair.writer.once("close", resolve));
  // the reset takes its way: writes go on until one meets it
  const write = (): void => {
    if (pair.writer.destroyed) return;
    pair.tap.write("text");
    setImmediate(write);
  };
  write();
  const [error] = await failed;
  assert.match(error.message, /^(?:write (?:EPIPE|ECONNRESET)|read ECONNRESET)$/);
  await closed;
  assert.equal(pair.tap.write("more"), false);
});

test("a socket that is destroyed while bytes wait tells neither drain nor error", async () => {
  await using pair = await Pair.open();
  pair.tap.write(pattern(MANY_BYTES));
  const told: string[] = [];
  for (const event of ["drain", "error"]) pair.writer.on(event, () => told.push(event));
  const closed = once(pair.writer, "close");
  pair.writer.destroy();
  await closed;
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(told, []);
});
