// When a connection serves again, and when it must not.

import assert from "node:assert/strict";
import { borrower, Recorder, request } from "../recorder.ts";
import { answering, type Behaviour, OK, type Stand, settle } from "../stand.ts";

const CHUNKED_HEAD = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

export const REUSE: readonly Behaviour[] = [
  {
    title: "a connection serves again, and knows how many requests it has served",
    async run(stand) {
      await using origin = await stand.listen(answering(OK, OK, OK));
      const peer = stand.peer(origin);
      const served: number[] = [];
      for (let i = 0; i < 3; i++) served.push((await stand.exchange(peer)).connection.served);
      assert.deepEqual(served, [0, 1, 2]);
      assert.equal(origin.accepted.length, 1);
      assert.equal(stand.transport.counts.connects, 1);
      assert.equal(stand.transport.counts.reuses, 2);
    },
  },
  {
    title: "the facts of a connection are those of its socket",
    async run(stand) {
      await using origin = await stand.listen(answering(OK));
      const { connection } = await stand.exchange(stand.peer(origin));
      const { remoteAddress, remotePort } = (await origin.connection(0)).socket;
      assert.equal(connection.facts.local, `${remoteAddress}:${remotePort}`);
      assert.equal(connection.facts.peer.address, origin.address);
      assert.equal(connection.facts.tls, stand.isSecure);
      assert.ok(connection.facts.connectMs > 0);
    },
  },
  {
    title: "of two idle connections the one used last serves first",
    async run(stand) {
      await using origin = await stand.listen(answering(OK, OK, OK));
      const peer = stand.peer(origin);
      const first = await stand.start(peer);
      const second = await stand.start(peer);
      await Promise.all([first.recorder.over(), second.recorder.over()]);
      const third = await stand.exchange(peer);
      const fourth = await stand.exchange(peer);
      assert.equal(third.connection.facts, fourth.connection.facts);
      assert.deepEqual([origin.accepted.length, third.connection.served], [2, 1]);
      assert.equal(fourth.connection.served, 2);
    },
  },
  {
    title: "a peer that closes between two requests costs no request",
    async run(stand) {
      await using origin = await stand.listen(answering(OK));
      const peer = stand.peer(origin);
      await stand.exchange(peer);
      const closing = await origin.connection(0);
      closing.fin();
      await closing.closed;
      assert.equal(stand.transport.counts.idle, 0);
      const { connection, recorder } = await stand.exchange(peer);
      assert.deepEqual([connection.served, recorder.error], [0, null]);
    },
  },
  {
    title: "a reset between two requests costs no request",
    async run(stand) {
      await using origin = await stand.listen(answering(OK));
      const peer = stand.peer(origin);
      await stand.exchange(peer);
      const resetting = await origin.connection(0);
      resetting.reset();
      await resetting.closed;
      while (stand.transport.counts.open > 0) await settle();
      const { connection, recorder } = await stand.exchange(peer);
      assert.deepEqual([connection.served, recorder.error], [0, null]);
    },
  },
  {
    title: "bytes on an idle connection end it, and are never another request's answer",
    async run(stand) {
      await using origin = await stand.listen(answering(OK));
      const peer = stand.peer(origin);
      await stand.exchange(peer);
      const poisoning = await origin.connection(0);
      poisoning.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
      await poisoning.closed;
      const { recorder } = await stand.exchange(peer);
      assert.equal(recorder.body.toString(), "ok");
    },
  },
  {
    title: "a second response behind the first ends the connection; the first is delivered",
    async run(stand) {
      const poison = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";
      await using origin = await stand.listen(answering(`${OK}${poison}`));
      const peer = stand.peer(origin);
      const { recorder } = await stand.exchange(peer);
      assert.equal(recorder.body.toString(), "ok");
      await (await origin.connection(0)).closed;
      assert.equal(stand.transport.counts.open, 0);
    },
  },
  {
    title: "bytes behind a Content-Length body end the connection",
    async run(stand) {
      await using origin = await stand.listen(answering(`${OK}!!`));
      const { recorder } = await stand.exchange(stand.peer(origin));
      assert.equal(recorder.body.toString(), "ok");
      await (await origin.connection(0)).closed;
    },
  },
  ...[0, CHUNKED_HEAD.length].map((cut) => ({
    title: `bytes behind a chunked body end the connection${cut === 0 ? "" : ", streamed or not"}`,
    run: async (stand: Stand) => {
      await using origin = await stand.listen(() => {});
      const { recorder } = await stand.start(stand.peer(origin));
      const wire = await origin.connection(0);
      await wire.head();
      const answer = `${CHUNKED_HEAD}2\r\nok\r\n0\r\n\r\nHTTP/1.1 200`;
      if (cut > 0) {
        wire.write(answer.slice(0, cut));
        await recorder.until(({ response }) => response !== null);
      }
      wire.write(answer.slice(cut));
      await recorder.over();
      assert.equal(recorder.body.toString(), "ok");
      await wire.closed;
      assert.equal(stand.transport.counts.open, 0);
    },
  })),
  ...["HTTP/1.1 200 OK\r\nConnection: close", "HTTP/1.0 200 OK"].map((head) => ({
    title: `after \`${head.replaceAll("\r\n", "`, `")}\` a connection is closed`,
    run: async (stand: Stand) => {
      await using origin = await stand.listen(answering(`${head}\r\nContent-Length: 2\r\n\r\nok`));
      const { recorder } = await stand.exchange(stand.peer(origin));
      assert.equal(recorder.body.toString(), "ok");
      await (await origin.connection(0)).closed;
      assert.equal(stand.transport.counts.open, 0);
    },
  })),
  {
    title: "a connection that was borrowed for nothing goes back",
    async run(stand) {
      await using origin = await stand.listen(answering(OK, OK));
      const peer = stand.peer(origin);
      await stand.exchange(peer);
      (await stand.borrow(peer)).release();
      assert.equal(stand.transport.counts.idle, 1);
      const { connection, recorder } = await stand.exchange(peer);
      assert.deepEqual([connection.served, recorder.body.toString()], [1, "ok"]);
    },
  },
  {
    title: "a sink that stops the flow on the last chunk does not leave the idle connection deaf",
    async run(stand) {
      await using origin = await stand.listen(() => {});
      const { connection, recorder } = await stand.start(stand.peer(origin));
      recorder.wantsMore = false;
      const wire = await origin.connection(0);
      await wire.head();
      wire.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
      await recorder.until(({ response }) => response !== null);
      wire.write("ok");
      await recorder.until(({ events }) => events.includes("data"));
      if (!recorder.isOver) connection.resume();
      await recorder.over();
      assert.equal(stand.transport.counts.idle, 1);
      wire.fin();
      await wire.closed;
      assert.equal(stand.transport.counts.open, 0);
    },
  },
  {
    title: "closing what is idle leaves what is busy",
    async run(stand) {
      await using origin = await stand.listen(() => {});
      const peer = stand.peer(origin);
      const busy = await stand.start(peer);
      const other = await stand.start(peer);
      await (await origin.connection(1)).head();
      origin.accepted[1]?.write(OK);
      await other.recorder.over();
      stand.transport.closeIdle();
      await (await origin.connection(1)).closed;
      assert.equal(stand.transport.counts.open, 1);
      (await origin.connection(0)).write(OK);
      assert.equal((await busy.recorder.over()).body.toString(), "ok");
    },
  },
  {
    title: "a sink may send the next request when it hears of the end of the last",
    async run(stand) {
      await using origin = await stand.listen(answering(OK, OK));
      const peer = stand.peer(origin);
      const second = new Recorder();
      const next = () =>
        stand.transport.borrow(
          peer,
          borrower((lent) => lent?.send(request(), second)),
        );
      const first = new Recorder();
      first.on.complete = next;
      first.on.end = next;
      (await stand.borrow(peer)).send(request(), first);
      assert.equal((await second.over()).body.toString(), "ok");
      assert.equal(origin.accepted.length, 1);
    },
  },
  {
    title:
      "whatever is called on an exchange that is over does not touch the next on its connection",
    async run(stand) {
      await using origin = await stand.listen(() => {});
      const peer = stand.peer(origin);
      const first = await stand.start(peer);
      const wire = await origin.connection(0);
      await wire.head();
      wire.write(OK);
      await first.recorder.over();
      const second = await stand.start(peer, { method: "POST", contentLength: -1, hasBody: true });
      const { connection: over } = first;
      assert.equal(over.send(request(), new Recorder()), false);
      assert.equal(over.write(Buffer.from("stray")), true);
      over.end("");
      over.pause();
      over.resume();
      over.release();
      over.destroy();
      assert.throws(() => over.detach());
      second.connection.write(Buffer.from("body"));
      second.connection.end("");
      assert.doesNotMatch(await wire.expect("body"), /stray/);
      wire.write(OK);
      assert.equal((await second.recorder.over()).body.toString(), "ok");
      assert.deepEqual([origin.accepted.length, second.connection.served], [1, 1]);
    },
  },
];
