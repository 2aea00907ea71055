// Response heads: which there are, what comes through of them, and what is refused.

import assert from "node:assert/strict";
import { answering, type Behaviour, OK, type Stand } from "../stand.ts";

/** The code of the error that this answer ends in. */
async function refusalOf(stand: Stand, answer: string): Promise<string> {
  await using origin = await stand.listen(answering(answer));
  const { recorder } = await stand.exchange(stand.peer(origin));
  assert.equal(recorder.response, null);
  await (await origin.connection(0)).closed;
  assert.equal(stand.transport.counts.open, 0);
  return recorder.code;
}

const NOT_HTTP: readonly (readonly [string, string])[] = [
  ["noise", "\x16\x03\x01 nothing of HTTP\r\n\r\n"],
  ["another protocol's banner, unfinished", "SSH-2.0-OpenSSH_9.2\r\n"],
  ["an invalid header name", "HTTP/1.1 200 OK\r\nbad name: x\r\nContent-Length: 0\r\n\r\n"],
  ["two different lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokk"],
  ["a length that is not a number", "HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\nok"],
  [
    "a coding that nobody here decodes",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
  ],
  ["a NUL in a value", "HTTP/1.1 200 OK\r\nx: a\0b\r\nContent-Length: 2\r\n\r\nok"],
  ["a head that is too large", `HTTP/1.1 200 OK\r\nx: ${"a".repeat(70_000)}\r\n\r\n`],
  ["a 101 that nobody asked for", "HTTP/1.1 101 S\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"],
  [
    "interim responses without end",
    `${"HTTP/1.1 103 Early Hints\r\nx: y\r\n\r\n".repeat(20)}HTTP/1.1 200 OK\r\n\r\n`,
  ],
];

export const HEADS: readonly Behaviour[] = [
  {
    title: "end-to-end fields keep their order, case and repeats; hop-by-hop fields are gone",
    async run(stand) {
      const head = [
        "HTTP/1.1 201 Made, with care",
        "Set-Cookie: b=2",
        "Connection: keep-alive, X-Hop",
        "X-Hop: gone",
        "Keep-Alive: timeout=60",
        "set-cookie: a=1",
        "Content-Length: 0",
        "X-Latin: caf\xe9",
        "Set-Cookie: b=3",
      ];
      await using origin = await stand.listen(answering(`${head.join("\r\n")}\r\n\r\n`));
      const { recorder } = await stand.exchange(stand.peer(origin));
      assert.equal(recorder.response?.status, 201);
      assert.equal(recorder.response?.reason, "Made, with care");
      assert.equal(recorder.response?.hasDate, false);
      assert.deepEqual(recorder.response?.headers.split("\r\n"), [
        "Set-Cookie: b=2",
        "set-cookie: a=1",
        "Content-Length: 0",
        "X-Latin: caf\xe9",
        "Set-Cookie: b=3",
        "",
      ]);
    },
  },
  {
    title: "a response to HEAD has no body whatever its Content-Length says",
    async run(stand) {
      await using origin = await stand.listen(
        answering("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"),
      );
      const { recorder } = await stand.exchange(stand.peer(origin), { method: "HEAD" });
      assert.equal(recorder.error, null);
      assert.equal(recorder.response?.contentLength, 0);
      assert.match(recorder.response?.headers ?? "", /^Content-Length: 5000\r\n/m);
      assert.equal(recorder.body.length, 0);
    },
  },
  ...[204, 304].map((status) => ({
    title: `a ${status} ends with its head, and its connection serves again`,
    run: async (stand: Stand) => {
      await using origin = await stand.listen(
        answering(`HTTP/1.1 ${status} x\r\nETag: "a"\r\n\r\n`, OK),
      );
      const peer = stand.peer(origin);
      const { recorder } = await stand.exchange(peer);
      assert.deepEqual([recorder.response?.status, recorder.body.length], [status, 0]);
      assert.equal((await stand.exchange(peer)).connection.served, 1);
    },
  })),
  {
    title: "a 103 is passed on, and the final response follows",
    async run(stand) {
      const early = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n";
      await using origin = await stand.listen(answering(`${early}${early}${OK}`, OK));
      const peer = stand.peer(origin);
      const { recorder } = await stand.exchange(peer);
      assert.deepEqual(
        recorder.informational.map(({ status, headers }) => [status, headers]),
        Array(2).fill([103, "Link: </a.css>; rel=preload\r\n"]),
      );
      assert.deepEqual([recorder.response?.status, recorder.body.toString()], [200, "ok"]);
      assert.equal((await stand.exchange(peer)).connection.served, 1);
    },
  },
  {
    title: "a 100 that nobody asked for is passed on, between others and in any pieces",
    async run(stand) {
      const early = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
      const answer = `HTTP/1.1 100 Continue\r\n\r\n${early}HTTP/1.1 100\r\nX: y\r\n\r\n${OK}`;
      await using origin = await stand.listen(async (connection) => {
        await connection.head();
        connection.write(answer);
        await connection.head();
        for (const byte of answer) {
          connection.write(byte);
          await new Promise((resolve) => setImmediate(resolve));
        }
      });
      for (let i = 0; i < 2; i++) {
        const { recorder } = await stand.exchange(stand.peer(origin));
        const statuses = recorder.informational.map(({ status }) => status);
        assert.deepEqual([...statuses, recorder.body.toString()], [100, 103, 100, "ok"]);
      }
      assert.equal(origin.accepted.length, 1);
    },
  },
  {
    title: "a 101 hands over the raw stream with the bytes behind it, and both ways work",
    async run(stand) {
      const answer =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade";
      let head = "";
      await using origin = await stand.listen(async (connection) => {
        head = await connection.head();
        connection.write(`${answer}\r\n\r\nfirst `);
        await connection.expect("ping");
        connection.fin("pong");
      });
      const { connection, recorder } = await stand.start(stand.peer(origin), {
        upgrade: "websocket",
      });
      await recorder.until(({ response }) => response !== null);
      assert.deepEqual([recorder.response?.status, recorder.response?.upgrade], [101, "websocket"]);
      assert.match(head, /^connection: upgrade\r\nupgrade: websocket\r\n/im);
      const stream = connection.detach();
      assert.equal(stand.transport.counts.open, 0, "it is the caller's now");
      let text = stream.head.toString("latin1");
      stream.socket.on("data", (chunk: Buffer) => {
        text += chunk.toString("latin1");
      });
      stream.socket.resume();
      stream.socket.write("ping");
      await new Promise((resolve) => stream.socket.once("end", resolve));
      stream.socket.destroy();
      assert.equal(text, "first pong");
      assert.deepEqual(recorder.events, ["head"]);
    },
  },
  {
    title:
      "a caller that does not want the stream behind a 101 ends it by destroying the connection",
    async run(stand) {
      const answer =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade";
      await using origin = await stand.listen(answering(`${answer}\r\n\r\n`));
      const { connection, recorder } = await stand.start(stand.peer(origin), {
        upgrade: "websocket",
      });
      await recorder.until(({ response }) => response !== null);
      connection.destroy();
      await (await origin.connection(0)).closed;
      assert.deepEqual(recorder.events, ["head"]);
    },
  },
  {
    title: "an upgrade that is refused is an ordinary response on a connection used no more",
    async run(stand) {
      await using origin = await stand.listen(answering(OK));
      const { recorder } = await stand.exchange(stand.peer(origin), { upgrade: "websocket" });
      assert.equal(recorder.body.toString(), "ok");
      await (await origin.connection(0)).closed;
    },
  },
  {
    title: "a head that comes byte by byte is read",
    async run(stand) {
      await using origin = await stand.listen(async (connection) => {
        await connection.head();
        for (const byte of OK) {
          connection.write(byte);
          await new Promise((resolve) => setImmediate(resolve));
        }
      });
      const { recorder } = await stand.exchange(stand.peer(origin));
      assert.deepEqual([recorder.response?.status, recorder.body.toString()], [200, "ok"]);
    },
  },
  ...NOT_HTTP.map(([what, answer]) => ({
    title: `${what} is upstream_protocol, and the connection is closed`,
    run: async (stand: Stand) => {
      assert.equal(await refusalOf(stand, answer), "upstream_protocol");
    },
  })),
];
