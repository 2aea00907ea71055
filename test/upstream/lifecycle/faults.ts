// Peers that break off, and callers that give up.

import assert from "node:assert/strict";
import type { ErrorCode } from "../../../src/base/errors.ts";
import type { OriginConnection } from "../origin.ts";
import { Recorder, request } from "../recorder.ts";
import { answering, type Behaviour, OK, type Stand, settle } from "../stand.ts";

interface Break {
  readonly title: string;
  readonly script: (connection: OriginConnection) => void;
  readonly code: ErrorCode;
}

const SIZED = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\none";
const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n";

const BREAKS: readonly Break[] = [
  {
    title: "a close before any byte of the response is upstream_closed",
    script: (connection) => connection.fin(),
    code: "upstream_closed",
  },
  {
    title: "a reset before any byte of the response is upstream_closed",
    script: (connection) => connection.reset(),
    code: "upstream_closed",
  },
  {
    title: "a close within the head is upstream_aborted",
    script: (connection) => connection.fin("HTTP/1.1 200 OK\r\nContent-Le"),
    code: "upstream_aborted",
  },
  {
    title: "a close behind an interim response is upstream_aborted",
    script: (connection) => connection.fin("HTTP/1.1 103 Early Hints\r\n\r\n"),
    code: "upstream_aborted",
  },
  {
    title: "a close before the announced length is upstream_aborted",
    script: (connection) => connection.fin(SIZED),
    code: "upstream_aborted",
  },
  {
    title: "a close before the announced length is upstream_aborted, announced or not",
    script: (connection) => connection.fin(SIZED.replace("OK", "OK\r\nConnection: close")),
    code: "upstream_aborted",
  },
  {
    title: "a close without the last chunk is upstream_aborted",
    script: (connection) => connection.fin(CHUNKED),
    code: "upstream_aborted",
  },
  {
    title: "a reset within the body is upstream_aborted",
    script: (connection) => connection.reset(SIZED),
    code: "upstream_aborted",
  },
  {
    title: "a reset within a body without a length is upstream_aborted, not its end",
    script: (connection) => connection.reset("HTTP/1.1 200 OK\r\n\r\nbytes"),
    code: "upstream_aborted",
  },
  {
    title: "a chunk size that is no number is upstream_protocol",
    script: (connection) => connection.write(`${CHUNKED}zz\r\n`),
    code: "upstream_protocol",
  },
];

export const FAULTS: readonly Behaviour[] = [
  ...BREAKS.map(({ title, script, code }) => ({
    title,
    run: async (stand: Stand) => {
      await using origin = await stand.listen(async (connection) => {
        await connection.head();
        script(connection);
      });
      const { recorder } = await stand.exchange(stand.peer(origin));
      assert.equal(recorder.code, code);
      await (await origin.connection(0)).closed;
      assert.equal(stand.transport.counts.open, 0);
    },
  })),
  {
    title: "a reset of a connection that had served is upstream_closed, and shows as reused",
    async run(stand) {
      await using origin = await stand.listen(async (connection) => {
        await connection.head();
        connection.write(OK);
        await connection.head();
        connection.reset();
      });
      const peer = stand.peer(origin);
      await stand.exchange(peer);
      const { connection, recorder } = await stand.exchange(peer);
      assert.deepEqual([recorder.code, connection.served], ["upstream_closed", 1]);
    },
  },
  {
    title: "on a connection that ended after it was borrowed nothing is sent, and no sink hears",
    async run(stand) {
      await using origin = await stand.listen(answering(OK));
      const peer = stand.peer(origin);
      await stand.exchange(peer);
      const connection = await stand.borrow(peer);
      const closing = await origin.connection(0);
      closing.fin();
      await closing.closed;
      const recorder = new Recorder();
      assert.equal(connection.send(request(), recorder), false);
      await settle();
      assert.deepEqual(recorder.events, []);
    },
  },
  {
    title: "a caller that gives up within its upload ends the connection and hears nothing",
    async run(stand) {
      await using origin = await stand.listen(() => {});
      const { connection, recorder } = await stand.start(stand.peer(origin), {
        method: "POST",
        hasBody: true,
        contentLength: -1,
      });
      connection.write(Buffer.from("part"));
      await (await origin.connection(0)).expect("part");
      connection.destroy();
      connection.destroy();
      await (await origin.connection(0)).closed;
      await settle();
      assert.deepEqual(recorder.events, []);
      assert.equal(stand.transport.counts.open, 0);
    },
  },
  ...["head", "data", "informational"].map((event) => ({
    title: `a sink that destroys the connection in its ${event} callback hears nothing more`,
    run: async (stand: Stand) => {
      const early = "HTTP/1.1 103 Early Hints\r\n\r\n";
      await using origin = await stand.listen(answering(`${early}${CHUNKED}`));
      const { connection, recorder } = await stand.start(stand.peer(origin));
      recorder.on[event] = () => connection.destroy();
      await recorder.until(({ events }) => events.includes("head") || events.includes(event));
      // Two chunks and the end in one read: what is decoded after the first must not come through.
      (await origin.connection(0)).write("3\r\ntwo\r\n3\r\ntri\r\n0\r\nX: y\r\n\r\n");
      await recorder.until(({ events }) => events.includes(event));
      await (await origin.connection(0)).closed;
      await settle();
      assert.equal(recorder.events.at(-1), event);
      assert.equal(stand.transport.counts.open, 0);
    },
  })),
  {
    title: "ending everything ends what is busy without a word to its sink",
    async run(stand) {
      await using origin = await stand.listen(answering(SIZED));
      const { recorder } = await stand.start(stand.peer(origin));
      await recorder.until(({ response }) => response !== null);
      stand.transport.destroyAll();
      await (await origin.connection(0)).closed;
      await settle();
      assert.equal(recorder.isOver, false);
    },
  },
];
