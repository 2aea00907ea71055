// Time: connecting, waiting for the head, stalls in either direction.

import assert from "node:assert/strict";
import { toPeer } from "../../../src/upstream/peer.ts";
import { borrower } from "../recorder.ts";
import { type Behaviour, settle } from "../stand.ts";

const TIMEOUT_MS = 10_000;
const LESS_MS = 9_000;
/** The limit, and the lateness that `Deadlines` allows itself. */
const MORE_MS = 10_500;

export const TIMEOUTS: readonly Behaviour[] = [
  {
    title: "a peer that refuses connections is connect_refused",
    async run(stand) {
      const origin = await stand.listen(() => {});
      const peer = stand.peer(origin);
      await origin[Symbol.asyncDispose]();
      await assert.rejects(stand.borrow(peer), { code: "connect_refused" });
      assert.equal(stand.transport.counts.connectFailures, 1);
    },
  },
  {
    title: "a peer that cannot be reached is connect_failed",
    async run(stand) {
      const peer = toPeer("255.255.255.255:80", { transport: stand.kind });
      assert.ok(peer !== null);
      await assert.rejects(stand.borrow(peer), { code: "connect_failed" });
    },
  },
  {
    title: "a connect that takes too long is connect_timeout",
    async run(stand) {
      await using origin = await stand.listen(() => {});
      const borrowing = stand.borrow(stand.peer(origin, { connectTimeoutMs: TIMEOUT_MS }));
      stand.elapse(MORE_MS);
      await assert.rejects(borrowing, { code: "connect_timeout" });
      assert.equal(stand.transport.counts.open, 0);
    },
  },
  {
    title: "a borrow that is cancelled while it connects is never answered",
    async run(stand) {
      await using origin = await stand.listen(() => {});
      let answers = 0;
      const borrowing = stand.transport.borrow(
        stand.peer(origin),
        borrower(() => answers++),
      );
      borrowing.cancel();
      borrowing.cancel();
      await settle();
      assert.equal(answers, 0);
      assert.equal(stand.transport.counts.open, 0);
      assert.equal(stand.deadlines.size, 0);
    },
  },
  {
    title: "a cancel that comes after the connection changes nothing",
    async run(stand) {
      await using origin = await stand.listen(() => {});
      const peer = stand.peer(origin);
      const connection = await new Promise((resolve) => {
        const lent = borrower((borrowed) => {
          setImmediate(() => {
            borrowing.cancel();
            resolve(borrowed);
          });
        });
        const borrowing = stand.transport.borrow(peer, lent);
      });
      assert.notEqual(connection, null);
      assert.equal(stand.transport.counts.open, 1);
    },
  },
  {
    title: "a peer that does not answer in time is upstream_timeout",
    async run(stand) {
      await using origin = await stand.listen(() => {});
      const peer = stand.peer(origin, { responseTimeoutMs: TIMEOUT_MS });
      const { recorder } = await stand.start(peer);
      await (await origin.connection(0)).head();
      stand.elapse(LESS_MS);
      assert.equal(recorder.error, null);
      stand.elapse(MORE_MS - LESS_MS);
      assert.equal(recorder.code, "upstream_timeout");
      await (await origin.connection(0)).closed;
    },
  },
  {
    title: "a head that drips in does not put off the timeout",
    async run(stand) {
      await using origin = await stand.listen(() => {});
      const peer = stand.peer(origin, { responseTimeoutMs: TIMEOUT_MS });
      const { recorder } = await stand.start(peer);
      const dripping = await origin.connection(0);
      await dripping.head();
      for (const byte of "HTTP/1.1 20") {
        dripping.write(byte);
        await settle();
        stand.elapse(1_000);
      }
      assert.equal(recorder.code, "upstream_timeout");
    },
  },
  {
    title: "the time of a body starts anew with each read, and a stall ends it",
    async run(stand) {
      await using origin = await stand.listen(() => {});
      const peer = stand.peer(origin, { responseTimeoutMs: TIMEOUT_MS });
      const { recorder } = await stand.start(peer);
      const slow = await origin.connection(0);
      await slow.head();
      slow.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n");
      await recorder.until(({ response }) => response !== null);
      for (let bytes = 1; bytes <= 3; bytes++) {
        stand.elapse(LESS_MS);
        slow.write("x");
        await recorder.until(({ body }) => body.length === bytes);
      }
      stand.elapse(MORE_MS);
      assert.equal(recorder.code, "upstream_timeout");
    },
  },
  {
    title: "an interim response gives the peer its time anew",
    async run(stand) {
      await using origin = await stand.listen(() => {});
      const peer = stand.peer(origin, { responseTimeoutMs: TIMEOUT_MS });
      const { recorder } = await stand.start(peer);
      const working = await origin.connection(0);
      await working.head();
      stand.elapse(LESS_MS);
      working.write("HTTP/1.1 102 Processing\r\n\r\n");
      await recorder.until(({ informational }) => informational.length === 1);
      stand.elapse(LESS_MS);
      assert.equal(recorder.error, null);
      stand.elapse(MORE_MS);
      assert.equal(recorder.code, "upstream_timeout");
    },
  },
  {
    title: "a slow upload is not the peer's time; its answer's begins with the end of the upload",
    async run(stand) {
      await using origin = await stand.listen(() => {});
      const peer = stand.peer(origin, { responseTimeoutMs: TIMEOUT_MS });
      const upload = { method: "POST", hasBody: true, contentLength: 2 };
      const { connection, recorder } = await stand.start(peer, upload);
      connection.write(Buffer.from("a"));
      await (await origin.connection(0)).expect("a");
      stand.elapse(100_000);
      assert.equal(recorder.error, null);
      connection.write(Buffer.from("b"));
      connection.end("");
      stand.elapse(MORE_MS);
      assert.equal(recorder.code, "upstream_timeout");
    },
  },
  {
    title: "a peer that accepts and never reads holds up the upload, then times out",
    async run(stand) {
      await using origin = await stand.listen((connection) => connection.socket.pause());
      const peer = stand.peer(origin, { responseTimeoutMs: TIMEOUT_MS });
      const upload = { method: "POST", hasBody: true, contentLength: -1 };
      const { connection, recorder } = await stand.start(peer, upload);
      const chunk = Buffer.alloc(65_536);
      const write = (): void => {
        while (connection.write(chunk)) if (recorder.isOver) return;
      };
      recorder.on.drain = write;
      write();
      // The kernel's buffers take some MB; then nothing moves.
      let drains = -1;
      while (drains !== recorder.drains) {
        drains = recorder.drains;
        await settle();
      }
      stand.elapse(MORE_MS);
      assert.equal(recorder.code, "upstream_timeout");
    },
  },
  {
    title: "the timeout of this exchange counts, not that of the one the connection was made for",
    async run(stand) {
      await using origin = await stand.listen(async (connection) => {
        await connection.head();
        connection.write("HTTP/1.1 204 No Content\r\n\r\n");
      });
      await stand.exchange(stand.peer(origin, { responseTimeoutMs: 100_000 }));
      const { recorder, connection } = await stand.start(
        stand.peer(origin, { responseTimeoutMs: TIMEOUT_MS }),
      );
      assert.equal(connection.served, 1);
      stand.elapse(MORE_MS);
      assert.equal(recorder.code, "upstream_timeout");
    },
  },
];
