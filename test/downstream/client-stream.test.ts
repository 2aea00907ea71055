// What an exchange may rely on when it reads from its client and writes to it, whatever protocol is
// behind the port.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HTTP2 } from "./http2-stand.ts";
import { HTTP1, headOf, type Protocol, type Stand } from "./stream-stand.ts";

const PROTOCOLS: readonly Protocol[] = [HTTP1, HTTP2];
const MEGABYTE = Buffer.alloc(1_048_576, "m");

const nextPass = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const BEHAVIOURS: Readonly<Record<string, (stand: Stand, protocol: Protocol) => Promise<void>>> = {
  async "an answer that is whole with its head is read whole, and counted"(stand) {
    for (const body of ["hello", Buffer.from("hello")]) {
      const { asking, served } = await stand.ask();
      served.stream.begin(headOf(5), body, "");
      served.stream.end("");
      served.stream.finish();
      assert.equal((await asking.answer()).body, "hello");
      assert.equal(served.stream.bytesSent, 5);
    }
  },

  async "parts of an answer arrive in their order, and its trailers behind them"(stand) {
    const { asking, served } = await stand.ask({ headers: { TE: "trailers", Connection: "TE" } });
    const { stream } = served;
    assert.equal(stream.acceptsTrailers, true);
    stream.begin(headOf(-1), Buffer.from("one "), null);
    stream.write(Buffer.from("two "));
    stream.write(Buffer.from("three"));
    stream.end("X-Sum: 6\r\n");
    stream.finish();
    const { body, trailers } = await asking.answer();
    assert.deepEqual([body, trailers["x-sum"]], ["one two three", "6"]);
    assert.equal(stream.bytesSent, 13);
  },

  async "trailers of a body that is whole with its head arrive, and its end is written once"(
    stand,
  ) {
    const { asking, served } = await stand.ask({ headers: { TE: "trailers", Connection: "TE" } });
    served.stream.begin(headOf(-1), Buffer.from("body"), "X-Sum: 6\r\n");
    served.stream.end("X-Sum: 7\r\n");
    served.stream.finish();
    const { body, trailers } = await asking.answer();
    assert.deepEqual([body, trailers["x-sum"]], ["body", "6"]);
    const { asking: next, served: nextServed } = await stand.ask();
    nextServed.stream.begin(headOf(0), null, "");
    nextServed.stream.finish();
    assert.equal((await next.answer()).status, 200);
  },

  async "an answer to HEAD has no body, whatever is written"(stand) {
    const { asking, served } = await stand.ask({ method: "HEAD" });
    const { stream } = served;
    stream.begin(headOf(4), Buffer.from("body"), null);
    let left = 0;
    assert.equal(
      stream.write(Buffer.from("more"), () => left++),
      true,
    );
    stream.end("");
    stream.finish();
    assert.equal((await asking.answer()).body, "");
    assert.deepEqual([stream.bytesSent, left], [0, 1]);
  },

  async "a request's body comes once it is wanted, stops when it is paused, and ends with its trailers"(
    stand,
  ) {
    const { asking, served } = await stand.ask({ method: "POST", headers: { Trailer: "X-Sum" } });
    asking.write("one");
    await nextPass();
    assert.deepEqual(served.events, []);
    served.stream.startBody(60_000);
    await served.heard("one");
    served.stream.pauseBody();
    asking.write("two");
    await nextPass();
    assert.deepEqual(served.events, ["one"]);
    served.stream.resumeBody();
    await served.heard("two");
    asking.end({ "X-Sum": "2" });
    await served.heard("end x-sum: 2");
    assert.deepEqual(served.events, ["one", "two", "end x-sum: 2"]);
    served.stream.begin(headOf(0), null, "");
    served.stream.finish();
    assert.equal((await asking.answer()).status, 200);
  },

  async "a client that waits to be asked for its body is asked when the body is wanted"(stand) {
    const headers = { Expect: "100-continue" };
    const { asking, served } = await stand.ask({ method: "POST", headers });
    served.stream.startBody(60_000);
    await asking.continued;
    asking.write("body");
    await served.heard("body");
    asking.end();
    await served.heard("end");
    served.stream.begin(headOf(0), null, "");
    served.stream.finish();
    assert.equal((await asking.answer()).status, 200);
  },

  async "interim responses come before the answer"(stand) {
    const { asking, served } = await stand.ask();
    served.stream.inform(headOf(-1, 103));
    served.stream.inform(headOf(-1, 102));
    served.stream.begin(headOf(2), "ok", "");
    served.stream.finish();
    assert.equal((await asking.answer()).body, "ok");
    assert.deepEqual(asking.interims, [103, 102]);
  },

  async "an answer that is broken off is no whole one to the client"(stand) {
    for (const length of [10, -1]) {
      const { asking, served } = await stand.ask();
      served.stream.begin(headOf(length), Buffer.from("part"), null);
      served.stream.abort();
      await assert.rejects(asking.answer());
    }
  },

  async "whatever is called on a stream that is over does not touch the next on its connection"(
    stand,
  ) {
    const first = await stand.ask();
    const { stream } = first.served;
    stream.begin(headOf(2), "ok", "");
    stream.finish();
    await first.asking.answer();
    const second = await stand.ask({ method: "POST" });
    let left = 0;
    stream.begin(headOf(5), "stray", "");
    stream.inform(headOf(-1, 103));
    assert.equal(
      stream.write(Buffer.from("stray"), () => left++),
      true,
    );
    stream.whenLeft(() => left++);
    stream.end("");
    stream.startBody(1);
    stream.pauseBody();
    stream.finish();
    stream.abort();
    assert.throws(() => stream.takeStream());
    assert.equal(left, 2);
    second.asking.end();
    second.served.stream.startBody(60_000);
    await second.served.heard("end");
    second.served.stream.begin(headOf(6), "second", "");
    second.served.stream.finish();
    const { body } = await second.asking.answer();
    assert.deepEqual([body, second.asking.interims, stand.connections], ["second", [], 1]);
  },

  async "a client that goes is told of once, and what is written then has left"(stand) {
    const { asking, served } = await stand.ask();
    served.stream.begin(headOf(-1), Buffer.from("part"), null);
    asking.leave();
    await served.heard("gone");
    let left = 0;
    assert.equal(
      served.stream.write(MEGABYTE, () => left++),
      true,
    );
    served.stream.whenLeft(() => left++);
    served.stream.finish();
    await nextPass();
    assert.deepEqual([served.events, left], [["gone"], 2]);
    assert.equal(served.error?.code, "client_aborted");
  },

  async "a client that does not read holds the writer back until it does"(stand) {
    const { asking, served } = await stand.ask();
    const { stream } = served;
    stream.begin(headOf(-1), null, null);
    let left = 0;
    let written = 0;
    for (let hasRoom = true; hasRoom && written < 64; written++) {
      hasRoom = stream.write(MEGABYTE, () => left++);
    }
    stream.whenLeft(() => left++);
    assert.ok(written < 64, "nothing held it back");
    assert.ok(left < written);
    const answer = asking.answer();
    await served.heard("writable");
    assert.equal(left, written + 1);
    stream.end("");
    stream.finish();
    assert.equal((await answer).body.length, written * MEGABYTE.length);
  },

  async "behind a client that is not to be relied on its connection ends, if it carries one at a time"(
    stand,
    { endsWhereDistrusted },
  ) {
    const { asking, served } = await stand.ask();
    served.stream.distrust();
    served.stream.begin(headOf(2), "ok", "");
    served.stream.finish();
    assert.equal((await asking.answer()).body, "ok");
    const next = await stand.ask();
    next.served.stream.begin(headOf(2), "ok", "");
    next.served.stream.finish();
    assert.equal((await next.asking.answer()).body, "ok");
    assert.equal(stand.connections, endsWhereDistrusted ? 2 : 1);
  },
};

for (const protocol of PROTOCOLS) {
  for (const [title, behaves] of Object.entries(BEHAVIOURS)) {
    test(`${protocol.name}: ${title}`, async () => {
      await using stand = await protocol.listen();
      await behaves(stand, protocol);
    });
    test(`${protocol.name}, where each request waits for its turn: ${title}`, async () => {
      await using stand = await protocol.listen(Number.POSITIVE_INFINITY);
      await behaves(stand, protocol);
    });
  }
}
