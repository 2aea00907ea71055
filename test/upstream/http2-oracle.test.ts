// node:http2 as the oracle of our client side: exchanges of any shape, many at once on one
// connection, are the same on both sides; and no bytes of a peer's make a session of ours throw.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Session } from "../../src/http2/session.ts";
import { responseField } from "../../src/upstream/http2/response-fields.ts";
import { data, frame, headers, settings, uint32, windowUpdate } from "../support/http2-client.ts";
import { fc } from "../support/property.ts";
import { OracleOrigin } from "./http2-origin.ts";
import { Stand } from "./stand.ts";

interface Shape {
  readonly method: string;
  readonly status: number;
  /** Sizes of the parts of both bodies. */
  readonly up: readonly number[];
  readonly down: readonly number[];
  readonly isSized: boolean;
  readonly hasInterim: boolean;
  readonly trailer: string;
  readonly value: string;
}

/** Of each exchange, by its path: what the origin does, and what it saw. */
const shapes = new Map<string, Shape>();
const seen = new Map<string, { bytes: number; value: string; trailer: string }>();
const part = (bytes: number): Buffer => Buffer.alloc(bytes, "0123456789");
const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);

const origin = await OracleOrigin.listen((stream, fields) => {
  const path = String(fields[":path"]);
  const shape = shapes.get(path) ?? assert.fail(path);
  const came = { bytes: 0, value: String(fields["x-value"]), trailer: "" };
  seen.set(path, came);
  stream.on("data", (chunk: Buffer) => {
    came.bytes += chunk.length;
  });
  stream.on("trailers", (trailers) => {
    came.trailer = String(trailers["x-trailer"] ?? "");
  });
  stream.on("end", () => {
    if (shape.hasInterim) stream.additionalHeaders({ ":status": 103, link: "</a>" });
    const length = shape.isSized ? { "content-length": sum(shape.down) } : {};
    const waitForTrailers = shape.trailer !== "";
    const isBodyless = fields[":method"] === "HEAD" || shape.status === 204;
    const own = shape.status === 204 ? {} : length;
    const head = { ":status": shape.status, "x-value": shape.value, ...own };
    stream.respond(head, {
      waitForTrailers: waitForTrailers && !isBodyless,
      endStream: isBodyless,
    });
    if (isBodyless) return;
    if (waitForTrailers) {
      stream.on("wantTrailers", () => stream.sendTrailers({ "x-trailer": shape.trailer }));
    }
    for (const size of shape.down) stream.write(part(size));
    stream.end();
  });
});
after(() => origin[Symbol.asyncDispose]());

const sizes = fc.array(fc.oneof(fc.nat(9), fc.nat(40_000)), { maxLength: 5 });
const text = fc.stringMatching(/^[!-~]{0,40}$/);
const shape: fc.Arbitrary<Shape> = fc.record({
  method: fc.constantFrom("GET", "POST", "PUT", "HEAD", "DELETE"),
  status: fc.constantFrom(200, 201, 204, 404, 500),
  ...{ up: sizes, down: sizes, isSized: fc.boolean(), hasInterim: fc.boolean() },
  ...{ trailer: text, value: text },
});

test("exchanges of any shape are the same on both sides, many at once", async () => {
  using stand = new Stand({ kind: "sluice" });
  const peer = stand.peer(origin, { protocol: "http2" });
  let count = 0;
  const one = async (given: Shape): Promise<void> => {
    const path = `/${count++}`;
    const hasBody = given.method === "POST" || given.method === "PUT";
    shapes.set(path, given);
    const { connection, recorder } = await stand.start(peer, {
      ...{ method: given.method, target: path, hasBody },
      headers: `Host: a\r\nX-Value: ${given.value}\r\n`,
      contentLength: hasBody ? (given.isSized ? sum(given.up) : -1) : 0,
      acceptsTrailers: true,
    });
    if (hasBody) {
      for (const size of given.up) connection.write(part(size));
      const hasTrailer = given.trailer !== "" && !(given.isSized && sum(given.up) === 0);
      connection.end(hasTrailer ? `X-Trailer: ${given.trailer}\r\n` : "");
      await recorder.over();
      const { bytes, value, trailer } = seen.get(path) ?? assert.fail();
      assert.deepEqual([bytes, value], [sum(given.up), given.value]);
      assert.equal(trailer, hasTrailer ? given.trailer : "");
    }
    await recorder.over();
    assert.equal(recorder.error, null);
    const { status, headers: block } = recorder.response ?? assert.fail();
    const isBodyless = given.method === "HEAD" || given.status === 204;
    assert.deepEqual(
      [status, recorder.body.length],
      [given.status, isBodyless ? 0 : sum(given.down)],
    );
    assert.ok(block.includes(`x-value: ${given.value}\r\n`));
    assert.equal(recorder.informational.length, given.hasInterim ? 1 : 0);
    const expected = isBodyless || given.trailer === "" ? "" : `x-trailer: ${given.trailer}\r\n`;
    assert.equal(recorder.trailers, expected);
  };
  const burst = fc.array(shape, { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(burst, async (all) => void (await Promise.all(all.map(one)))),
    { numRuns: 40 },
  );
  assert.equal(origin.sessions.length, 1);
});

test("no bytes of a peer's make a session of ours throw, whatever comes in which pieces", () => {
  const whole = Buffer.concat([
    settings([[3, 10]]),
    headers(1, [[":status", "103"]], false),
    headers(1, [[":status", "200"]], false),
    ...[data(1, "hello"), windowUpdate(1, 9), windowUpdate(0, 9)],
    headers(1, [["x-a", "b"]], true),
    headers(3, [[":status", "204"]], true),
    frame(7, 0, 0, Buffer.concat([uint32(3), uint32(0)])),
  ]);
  const flips = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 });
  const holds = fc.property(flips, fc.integer({ min: 1, max: 60 }), (given, pieceBytes) => {
    const bytes = Buffer.from(whole);
    for (const [at, value] of given) bytes[at] = value;
    const ignore = (): void => {};
    const session = new Session(
      {
        ...{ onField: ignore, onBlock: () => false, onBlockOpen: ignore, onStream: ignore },
        ...{ onSettingsAck: ignore, onStreamClosed: ignore, onFailed: ignore },
        ...{ onFields: () => true, send: () => true },
      },
      { isClient: true, makeField: responseField, blockBytesMax: 4_096, nowMs: () => 1 },
    );
    session.begin("");
    for (let i = 0; i < 3; i++) session.open("", i > 0);
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      session.take(bytes.subarray(at, at + pieceBytes));
    }
    session.end(0);
  });
  fc.assert(holds, { numRuns: 2_000 });
});
