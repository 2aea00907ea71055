// Bodies in both directions: framing, flow, size.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { answering, type Behaviour, OK, type Stand, settle } from "../stand.ts";

const LARGE_BYTES = 10_485_760;
/** What may be under way when a flow is stopped: a read of 64 KiB, one chunk more of undici's. */
const IN_FLIGHT_BYTES_MAX = 262_144;

const large = (): Buffer => {
  const bytes = Buffer.allocUnsafe(LARGE_BYTES);
  for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(at, at);
  return bytes;
};

const sha256 = (bytes: Buffer | string): string => createHash("sha256").update(bytes).digest("hex");

const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n";

export const BODIES: readonly Behaviour[] = [
  {
    title: "blanks behind a chunk's size are passed over (undici refuses them)",
    only: "sluice",
    async run(stand) {
      const chunks = "5  \r\nhello\r\n1 ;x\r\n!\r\n0\t\r\n\r\n";
      await using origin = await stand.listen(
        answering(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`),
      );
      const { recorder } = await stand.exchange(stand.peer(origin));
      assert.deepEqual([recorder.error, recorder.body.toString()], [null, "hello!"]);
    },
  },
  {
    title: "a body that comes in pieces is streamed, and its connection serves again",
    async run(stand) {
      await using origin = await stand.listen(async (connection) => {
        await connection.head();
        connection.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\none");
        await connection.expect("go on");
        connection.write("twothr");
      });
      const { recorder, connection } = await stand.start(stand.peer(origin));
      await recorder.until(({ body }) => body.length === 3);
      assert.equal(recorder.isOver, false);
      assert.equal(recorder.response?.contentLength, 9);
      // The script of the origin goes on when the test says so, past the connection under test.
      (await origin.connection(0)).socket.emit("data", Buffer.from("go on"));
      await recorder.over();
      assert.equal(recorder.body.toString(), "onetwothr");
      assert.equal(recorder.events.at(-1), "end");
      assert.equal(connection.served, 0);
      assert.equal(stand.transport.counts.idle, 1);
    },
  },
  {
    title: "a chunked body may come byte by byte",
    async run(stand) {
      const answer = `${CHUNKED}\r\n3\r\nabc\r\n0\r\n\r\n`;
      await using origin = await stand.listen(async (connection) => {
        await connection.head();
        for (const byte of answer) {
          connection.write(byte);
          await new Promise((resolve) => setImmediate(resolve));
        }
      });
      const { recorder } = await stand.exchange(stand.peer(origin));
      assert.deepEqual([recorder.error, recorder.body.toString()], [null, "abc"]);
      assert.equal(stand.transport.counts.idle, 1);
    },
  },
  {
    title: "a body without a length ends when the peer closes",
    async run(stand) {
      await using origin = await stand.listen(async (connection) => {
        await connection.head();
        connection.fin("HTTP/1.1 200 OK\r\n\r\nto the end");
      });
      const { recorder } = await stand.exchange(stand.peer(origin));
      assert.deepEqual([recorder.error, recorder.body.toString()], [null, "to the end"]);
      assert.equal(recorder.response?.contentLength, -1);
      assert.equal(stand.transport.counts.open, 0);
    },
  },
  {
    title: "a sink that stops the flow gets no more until it resumes, then all of 10 MB",
    async run(stand) {
      const bytes = large();
      await using origin = await stand.listen(async (connection) => {
        await connection.head();
        connection.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes.length}\r\n\r\n`);
        connection.write(bytes);
      });
      const { connection, recorder } = await stand.start(stand.peer(origin));
      recorder.wantsMore = false;
      await recorder.until(({ events }) => events.includes("data"));
      await settle();
      assert.ok(recorder.body.length <= IN_FLIGHT_BYTES_MAX, `${recorder.body.length} bytes came`);
      const peerSocket = (await origin.connection(0)).socket;
      assert.ok(peerSocket.writableLength > 0, "the peer is not held up");
      stand.elapse(600_000);
      assert.equal(recorder.error, null, "a slow reader is not the peer's fault");
      recorder.on.data = () => setImmediate(() => connection.resume());
      connection.resume();
      await recorder.over();
      assert.equal(recorder.error, null);
      assert.equal(sha256(recorder.body), sha256(bytes));
    },
  },
  ...[LARGE_BYTES, -1].map((contentLength) => ({
    title: `10 MB go up with length ${contentLength}, as fast as the peer reads`,
    run: async (stand: Stand) => {
      const bytes = large();
      let head = "";
      await using origin = await stand.listen(async (connection) => {
        connection.socket.pause();
        head = await connection.head();
        await connection.take(LARGE_BYTES);
        if (contentLength === -1) await connection.expect("\r\n0\r\n\r\n");
        connection.write(OK);
      });
      const { connection, recorder } = await stand.start(stand.peer(origin), {
        method: "PUT",
        hasBody: true,
        contentLength,
      });
      let at = 0;
      const write = (): void => {
        while (at < bytes.length) {
          const from = at;
          at += 65_536;
          if (!connection.write(bytes.subarray(from, at))) return;
        }
        connection.end("");
      };
      recorder.on.drain = write;
      write();
      await settle();
      assert.ok(at < bytes.length, "nobody was held up");
      (await origin.connection(0)).socket.resume();
      await recorder.over();
      assert.equal(recorder.error, null);
      assert.match(
        head,
        contentLength === -1
          ? /^transfer-encoding: chunked\r$/im
          : /^content-length: 10485760\r$/im,
      );
      const sent = (await origin.connection(0)).bytesRead - head.length;
      assert.ok(sent >= LARGE_BYTES);
      assert.equal(stand.transport.counts.idle, 1);
    },
  })),
  {
    title: "a small body leaves with its head in one packet",
    only: "sluice",
    async run(stand) {
      const packets: string[] = [];
      await using origin = await stand.listen((connection) => {
        connection.socket.on("data", (chunk: Buffer) => {
          packets.push(chunk.toString());
          connection.write(OK);
        });
      });
      const { connection, recorder } = await stand.start(stand.peer(origin), {
        method: "POST",
        hasBody: true,
        contentLength: 5,
      });
      connection.write(Buffer.from("hello"));
      connection.end("");
      await recorder.over();
      assert.equal(packets.length, 1);
      assert.match(packets[0] ?? "", /\r\nContent-Length: 5\r\n\r\nhello$/);
    },
  },
  ...[
    { what: "longer", chunk: "too long", end: false },
    { what: "shorter", chunk: "abc", end: true },
  ].map(({ what, chunk, end }) => ({
    title: `a request body ${what} than announced ends the exchange and the connection`,
    run: async (stand: Stand) => {
      await using origin = await stand.listen(() => {});
      const { connection, recorder } = await stand.start(stand.peer(origin), {
        method: "POST",
        hasBody: true,
        contentLength: 5,
      });
      connection.write(Buffer.from(chunk));
      if (end) connection.end("");
      await recorder.over();
      assert.equal(recorder.code, "internal");
      await (await origin.connection(0)).closed;
      assert.ok(!origin.accepted[0]?.unread.includes("too"));
    },
  })),
  {
    title: "a POST without a body says so",
    async run(stand) {
      let head = "";
      await using origin = await stand.listen(async (connection) => {
        head = await connection.head();
        connection.write(OK);
      });
      await stand.exchange(stand.peer(origin), { method: "POST" });
      assert.match(head, /^content-length: 0\r$/im);
    },
  },
];
