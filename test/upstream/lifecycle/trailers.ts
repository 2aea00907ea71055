// Trailers in both directions, and who is told that they are wanted.

import assert from "node:assert/strict";
import { answering, type Behaviour, OK, type Stand } from "../stand.ts";

const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n";

export const TRAILERS: readonly Behaviour[] = [
  {
    title: "a chunked body is decoded, and its trailers come with the end",
    async run(stand) {
      const answer =
        `${CHUNKED}Trailer: X-Sum\r\n\r\n` +
        "3\r\nabc\r\n4;ext=1\r\ndefg\r\n0\r\nX-Sum: 1\r\nSet-Cookie: a=1\r\n\r\n";
      await using origin = await stand.listen(answering(answer, OK));
      const peer = stand.peer(origin);
      const { recorder } = await stand.exchange(peer);
      assert.equal(recorder.error, null);
      assert.equal(recorder.body.toString(), "abcdefg");
      assert.equal(recorder.response?.contentLength, -1);
      assert.equal(recorder.trailers, "X-Sum: 1\r\n");
      assert.equal((await stand.exchange(peer)).connection.served, 1);
    },
  },
  ...[true, false].map((acceptsTrailers) => ({
    title: `a peer is told whether trailers are wanted: ${acceptsTrailers}`,
    run: async (stand: Stand) => {
      let head = "";
      await using origin = await stand.listen(async (connection) => {
        head = await connection.head();
        connection.write(OK);
      });
      await stand.exchange(stand.peer(origin), { acceptsTrailers });
      const options = /^connection: (.*)\r\n/im.exec(head)?.[1]?.split(", ") ?? [];
      assert.equal(options.includes("TE"), acceptsTrailers);
      assert.equal(/^te: trailers\r\n/im.test(head), acceptsTrailers);
    },
  })),
  {
    title: "a chunked request carries its trailers",
    async run(stand) {
      let sent = "";
      await using origin = await stand.listen(async (connection) => {
        await connection.head();
        sent = await connection.expect("0\r\nX-Sum: 1\r\n\r\n");
        connection.write(OK);
      });
      const { connection, recorder } = await stand.start(stand.peer(origin), {
        method: "POST",
        hasBody: true,
        contentLength: -1,
      });
      connection.write(Buffer.from("hello"));
      connection.end("X-Sum: 1\r\n");
      await recorder.over();
      assert.equal(sent, "5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n");
    },
  },
];
