// Peers of HTTP/2 that do as they should: Node's server answers, in the clear and over TLS.

import assert from "node:assert/strict";
import type { ServerHttp2Stream } from "node:http2";
import { test } from "node:test";
import { OracleOrigin } from "./http2-origin.ts";
import { CERTIFICATE, Stand, type StandOptions, settle } from "./stand.ts";

const HTTP2 = { protocol: "http2" } as const;
const LARGE_BYTES = 4_194_304;
const LARGE = Buffer.alloc(LARGE_BYTES, "0123456789abcdef");

function ok(stream: ServerHttp2Stream): void {
  stream.respond();
  stream.end("ok");
}

const WAYS: readonly (StandOptions & { readonly what: string })[] = [
  { what: "in the clear", kind: "sluice" },
  { what: "over TLS", kind: "sluice", certificate: CERTIFICATE },
];

for (const options of WAYS) {
  const { what, certificate = null } = options;

  test(`${what}: a request and its answer pass as they are, and the connection serves again`, async () => {
    await using origin = await OracleOrigin.listen(
      (stream, fields) => {
        assert.deepEqual([fields[":method"], fields[":path"]], ["GET", "/a?b=c"]);
        assert.equal(fields[":authority"], "origin.test");
        assert.equal(fields[":scheme"], certificate === null ? "http" : "https");
        assert.equal(fields["x-a"], "b");
        assert.equal(fields.host, undefined);
        assert.equal(fields.te, "trailers");
        stream.respond({ ":status": 201, "x-b": "c", "set-cookie": ["d=1", "e=2"] });
        stream.end("hello");
      },
      { certificate },
    );
    using stand = new Stand(options);
    const peer = stand.peer(origin, HTTP2);
    for (const served of [0, 1, 2]) {
      const { connection, recorder } = await stand.exchange(peer, {
        target: "/a?b=c",
        headers: "Host: origin.test\r\nX-A: b\r\n",
        acceptsTrailers: true,
      });
      assert.equal(recorder.error, null);
      assert.equal(connection.served, served);
      assert.equal(connection.facts.protocol, "HTTP/2");
      assert.equal(recorder.body.toString(), "hello");
      const { status, reason, headers, contentLength } = recorder.response ?? assert.fail();
      assert.deepEqual([status, reason, contentLength], [201, "Created", -1]);
      assert.match(headers, /x-b: c\r\nset-cookie: d=1\r\nset-cookie: e=2\r\n/);
    }
    assert.equal(origin.sessions.length, 1);
    assert.deepEqual([stand.transport.counts.connects, stand.transport.counts.idle], [1, 1]);
  });

  test(`${what}: bodies go both ways at once, with trailers at the end of each`, async () => {
    await using origin = await OracleOrigin.listen(
      (stream) => {
        stream.respond({ ":status": 200, trailer: "x-sum" }, { waitForTrailers: true });
        stream.on("trailers", (trailers) => stream.write(`[${trailers["x-end"]}]`));
        stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": "42" }));
        stream.pipe(stream);
      },
      { certificate },
    );
    using stand = new Stand(options);
    const { connection, recorder } = await stand.start(stand.peer(origin, HTTP2), {
      method: "POST",
      contentLength: -1,
      hasBody: true,
    });
    for (const part of ["one", "two", "three"]) {
      connection.write(Buffer.from(part));
      await recorder.until(({ body }) => body.toString().endsWith(part));
    }
    connection.end("x-end: here\r\n");
    await recorder.over();
    assert.deepEqual([recorder.error, recorder.trailers], [null, "x-sum: 42\r\n"]);
    assert.match(recorder.body.toString(), /^onetwothree/);
    assert.equal(recorder.events.at(-1), "end");
  });

  test(`${what}: who takes 4 MB slowly holds up its peer, and gets all of it`, async () => {
    let sent = 0;
    await using origin = await OracleOrigin.listen(
      (stream) => {
        // else Node resets it in front of what it has not sent yet
        stream.resume();
        stream.respond({ ":status": 200, "content-length": LARGE_BYTES });
        const write = (): void => {
          while (sent < LARGE_BYTES) {
            const part = LARGE.subarray(sent, sent + 65_536);
            sent += part.length;
            if (!stream.write(part)) return void stream.once("drain", write);
          }
          stream.end();
        };
        write();
      },
      { certificate },
    );
    using stand = new Stand(options);
    const { connection, recorder } = await stand.start(stand.peer(origin, HTTP2));
    recorder.wantsMore = false;
    await recorder.until(({ chunks }) => chunks.length > 0);
    await settle();
    assert.ok(sent < 1_048_576, `${sent} bytes were sent to who reads nothing`);
    stand.elapse(300_000);
    assert.equal(recorder.error, null, "a slow reader is not the peer's fault");
    recorder.on.data = () => setImmediate(() => connection.resume());
    connection.resume();
    await recorder.over();
    assert.equal(recorder.error, null);
    assert.ok(recorder.body.equals(LARGE));
  });

  test(`${what}: 4 MB go up as fast as the peer reads`, async () => {
    let came = 0;
    const asked = Promise.withResolvers<() => void>();
    await using origin = await OracleOrigin.listen(
      (stream, fields) => {
        assert.equal(fields["content-length"], `${LARGE_BYTES}`);
        asked.resolve(() => stream.on("data", (chunk: Buffer) => (came += chunk.length)));
        stream.on("end", () => stream.respond({ ":status": 204 }, { endStream: true }));
      },
      { certificate },
    );
    using stand = new Stand(options);
    const { connection, recorder } = await stand.start(stand.peer(origin, HTTP2), {
      method: "PUT",
      contentLength: LARGE_BYTES,
      hasBody: true,
    });
    let at = 0;
    const write = (): void => {
      while (at < LARGE_BYTES) {
        const from = at;
        at += 65_536;
        if (!connection.write(LARGE.subarray(from, at))) return;
      }
      connection.end("");
    };
    recorder.on.drain = write;
    write();
    await settle();
    const read = await asked.promise;
    assert.ok(at < 524_288, `${at} bytes were taken of who is not read`);
    read();
    await recorder.over();
    assert.deepEqual([recorder.error, came, recorder.response?.status], [null, LARGE_BYTES, 204]);
    assert.equal(recorder.events.at(-1), "complete");
  });

  test(`${what}: a burst of 40 shares one connection`, async () => {
    await using origin = await OracleOrigin.listen((stream) => ok(stream), {
      certificate,
    });
    using stand = new Stand(options);
    const peer = stand.peer(origin, HTTP2);
    const all = await Promise.all(Array.from({ length: 40 }, () => stand.exchange(peer)));
    for (const { recorder } of all) assert.equal(recorder.body.toString(), "ok");
    assert.equal(origin.sessions.length, 1);
    assert.equal(stand.transport.counts.idle, 1);
  });
}

test("of a peer that takes 10 streams at once, 40 requests take 4 connections", async () => {
  const waiting: (() => void)[] = [];
  await using origin = await OracleOrigin.listen(
    (stream) => {
      waiting.push(() => ok(stream));
      if (waiting.length === 40) for (const answer of waiting) answer();
    },
    { settings: { maxConcurrentStreams: 10 } },
  );
  using stand = new Stand({ kind: "sluice" });
  const peer = stand.peer(origin, HTTP2);
  const all = await Promise.all(Array.from({ length: 40 }, () => stand.exchange(peer)));
  for (const { recorder } of all) assert.equal(recorder.error, null);
  assert.equal(origin.sessions.length, 4);
});

test("HEAD, 204, 304 and interim responses end as they should", async () => {
  await using origin = await OracleOrigin.listen((stream, fields) => {
    stream.additionalHeaders({ ":status": 103, link: "</a.css>" });
    const status = Number(String(fields[":path"]).slice(1));
    stream.respond({ ":status": status, "content-length": 5 }, { endStream: true });
  });
  using stand = new Stand({ kind: "sluice" });
  const peer = stand.peer(origin, HTTP2);
  for (const [method, status] of [
    ["HEAD", 200],
    ["GET", 304],
    ["HEAD", 404],
  ] as const) {
    const { recorder } = await stand.exchange(peer, { method, target: `/${status}` });
    assert.deepEqual(recorder.events, ["informational", "head", "complete"]);
    assert.equal(recorder.informational[0]?.headers, "link: </a.css>\r\n");
    const { status: came, contentLength, headers } = recorder.response ?? assert.fail();
    assert.deepEqual([came, contentLength], [status, 0]);
    assert.match(headers, /content-length: 5\r\n/);
  }
});

test("an answer that comes before the end of an upload is heard, and the upload ends", async () => {
  const codes: number[] = [];
  await using origin = await OracleOrigin.listen((stream) => {
    stream.on("close", () => codes.push(stream.rstCode ?? -1));
    stream.respond({ ":status": 413 });
    stream.end("too much");
  });
  using stand = new Stand({ kind: "sluice" });
  const { connection, recorder } = await stand.start(stand.peer(origin, HTTP2), {
    method: "POST",
    contentLength: -1,
    hasBody: true,
  });
  connection.write(Buffer.from("a"));
  await recorder.over();
  assert.deepEqual([recorder.error, recorder.response?.status], [null, 413]);
  assert.equal(recorder.body.toString(), "too much");
  assert.equal(connection.write(Buffer.from("b")), true);
  connection.end("");
});

test("a borrower that gives up resets its stream with CANCEL, and others go on", async () => {
  const closed = Promise.withResolvers<number | undefined>();
  await using origin = await OracleOrigin.listen((stream, fields) => {
    if (fields[":path"] === "/other") return ok(stream);
    stream.on("close", () => closed.resolve(stream.rstCode));
    stream.respond();
    stream.write("begun");
  });
  using stand = new Stand({ kind: "sluice" });
  const peer = stand.peer(origin, HTTP2);
  const { connection, recorder } = await stand.start(peer);
  await recorder.until(({ chunks }) => chunks.length > 0);
  connection.destroy();
  assert.equal(await closed.promise, 8);
  const other = await stand.exchange(peer, { target: "/other" });
  assert.equal(other.recorder.body.toString(), "ok");
  assert.equal(origin.sessions.length, 1);
  assert.equal(recorder.error, null);
});
