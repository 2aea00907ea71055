// node:http2 as the oracle: what we take for a request it takes for the same one. It is laxer in
// places (requests.test.ts has them), and never stricter.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerHttp2Stream } from "node:http2";
import { after, test } from "node:test";
import { requestField } from "../../../src/downstream/http2/request-field.ts";
import { Session } from "../../../src/http2/session.ts";
import {
  BEGINNING,
  data,
  type Fields,
  get,
  headers,
  post,
  RawHttp2,
  windowUpdate,
} from "../../support/http2-client.ts";
import { fc } from "../../support/property.ts";
import { EchoStand } from "./echo-stand.ts";

const ROUNDS = 6;
const STREAMS = 60;

const stand = await EchoStand.start();
const oracle = createServer();
oracle.on("stream", (stream: ServerHttp2Stream, given) => {
  stream.on("error", () => {});
  const { ":method": method, ":path": target, ":authority": authority, host } = given;
  stream.respond({ ":status": 200 });
  stream.end(JSON.stringify({ method, target, host: authority ?? host }));
});
oracle.on("sessionError", () => {});
oracle.listen(0, "127.0.0.1");
await once(oracle, "listening");
const address = oracle.address();
assert.ok(typeof address === "object" && address !== null);
const oraclePort = address.port;
after(async () => {
  oracle.close();
  await stand[Symbol.asyncDispose]();
});

const FIELDS: readonly (readonly [string, string])[] = [
  ...[":method", ":scheme", ":path", ":authority"].map((name) => [name, "x"] as const),
  ...[[":path", "/a%20b?c"] as const, [":path", "/a b"] as const, [":path", "*"] as const],
  ...[[":authority", "b.example:80"] as const, [":authority", "u@b.example"] as const],
  ...[[":scheme", "https"] as const, [":scheme", "ftp"] as const, [":method", "PURGE"] as const],
  ...[["host", "a.example"] as const, ["host", "b.example"] as const, ["te", "gzip"] as const],
  ...[["te", "trailers"] as const, ["connection", "close"] as const, ["X-A", "b"] as const],
  ...[["x-a", "b"] as const, ["x-a", " b"] as const, ["x-a", "b\r\nc: d"] as const],
  ...[["x-a", ""] as const, ["", "b"] as const, ["x a", "b"] as const, ["cookie", "a=b"] as const],
  ...[["transfer-encoding", "chunked"] as const, ["upgrade", "h2c"] as const],
  ...[["content-length", "0"] as const, ["content-length", "5"] as const],
  ...[["content-length", "00"] as const, ["expect", "100-continue"] as const],
];

/** A valid request in which some fields were put, taken away or changed. */
const request = fc
  .array(fc.tuple(fc.nat(6), fc.constantFrom(...FIELDS), fc.nat(2)), { maxLength: 3 })
  .map((changes): Fields => {
    const fields = [...get("/")];
    for (const [at, field, removed] of changes) fields.splice(at, removed, field);
    return fields;
  });

/** What each stream was answered; null: it was not. */
async function answers(port: number, requests: readonly Fields[]): Promise<(string | null)[]> {
  using client = await RawHttp2.connect(port);
  client.send(...requests.map((fields, index) => headers(2 * index + 1, fields)));
  const all = requests.map(async (_fields, index) => {
    const { statuses, body, resetCode } = await client.ended(2 * index + 1);
    return statuses.at(-1) === "200" && resetCode <= 0 ? body : null;
  });
  return await Promise.all(all);
}

test("what is a request to us is the same request to node", async () => {
  for (const requests of fc.sample(
    fc.array(request, { minLength: STREAMS, maxLength: STREAMS }),
    ROUNDS,
  )) {
    const [ours, theirs] = await Promise.all([
      answers(stand.port, requests),
      answers(oraclePort, requests),
    ]);
    assert.ok(ours.some((answer) => answer !== null));
    assert.ok(ours.some((answer) => answer === null));
    for (const [index, answer] of ours.entries()) {
      if (answer === null) continue;
      const { method, target, host } = JSON.parse(answer);
      const said = JSON.stringify(requests[index]);
      const other = JSON.parse(theirs[index] ?? "null");
      assert.ok(other !== null, `${said} is no request to node`);
      assert.deepEqual([method, target, host], [other.method, other.target, other.host], said);
    }
  }
});

test("no bytes make a session throw, whatever comes in which pieces", () => {
  const whole = Buffer.concat([
    BEGINNING,
    headers(1, post(["x-a", "b"]), false),
    ...[data(1, "hello"), windowUpdate(1, 9), windowUpdate(0, 9), data(1, "", true)],
    headers(3, get("/")),
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
        onFields: () => true,
        send: () => true,
      },
      { isClient: false, makeField: requestField, blockBytesMax: 4_096, nowMs: () => 1 },
    );
    session.begin("");
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      session.take(bytes.subarray(at, at + pieceBytes));
    }
    session.end(0);
  });
  fc.assert(holds, { numRuns: 2_000 });
});
