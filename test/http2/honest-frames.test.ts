// What honest ends of a session send by the thousand is no flood: what was on its way when a stream
// was reset, and what gRPC's clients measure the way with.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { TableField } from "../../src/http2/hpack-decoder.ts";
import { HTTP2_LIMITS } from "../../src/http2/limits.ts";
import { CODE } from "../../src/http2/protocol.ts";
import { Session } from "../../src/http2/session.ts";
import type { SessionStream } from "../../src/http2/session-stream.ts";
import {
  BEGINNING,
  data,
  frame,
  headers,
  post,
  settings,
  windowUpdate,
} from "../support/http2-client.ts";

const OK = "\x88";
const GET = "\x82";
const SMALL_BYTES = 100;
const PING = frame(6, 0, 0, Buffer.alloc(8));

const nextPass = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Stand {
  readonly session: Session<TableField>;
  readonly streams: SessionStream[];
  /** Codes of what the session ended with. */
  readonly ends: number[];
}

/** With two streams that are open in both directions. */
function twoStreams(isClient: boolean): Stand {
  const ignore = (): void => {};
  const streams: SessionStream[] = [];
  const ends: number[] = [];
  const session = new Session<TableField>(
    {
      ...{ onField: ignore, onBlockOpen: ignore, onSettingsAck: ignore },
      ...{ onBlock: () => false, onFields: () => true, send: () => true },
      onStreamClosed: ignore,
      onStream: (stream) => void streams.push(stream),
      onFailed: ({ code }) => void ends.push(code),
    },
    {
      ...{ isClient, blockBytesMax: 4_096, nowMs: () => 1 },
      makeField: (name, value) => ({ name, bytes: name.length + value.length }),
    },
  );
  if (isClient) {
    session.take(settings());
    streams.push(session.open(GET, false), session.open(GET, false));
  } else {
    session.take(BEGINNING);
    session.take(Buffer.concat([1, 3].map((id) => headers(id, post(), false))));
  }
  return { session, streams, ends };
}

function streamOf({ streams }: Stand, at: number): SessionStream {
  const stream = streams[at];
  assert.ok(stream !== undefined);
  return stream;
}

const SIDES = [
  { side: "a server", isClient: false, windowBytes: 65_535 },
  { side: "a client", isClient: true, windowBytes: HTTP2_LIMITS.downloadWindowBytes },
];

for (const { side, isClient, windowBytes } of SIDES) {
  test(`${side} ends no session for what was on its way to a stream that it has reset`, () => {
    const stand = twoStreams(isClient);
    const { session, ends } = stand;
    session.streams.reset(streamOf(stand, 0), CODE.cancel);
    const frames = Math.floor(windowBytes / SMALL_BYTES);
    for (let i = 0; i < frames; i++) session.take(data(1, Buffer.alloc(SMALL_BYTES)));
    assert.deepEqual([ends, session.streams.size], [[], 1]);
    // more than its window let come was never on its way
    for (let i = 0; i < 2_000; i++) session.take(data(1, Buffer.alloc(SMALL_BYTES)));
    assert.deepEqual(ends, [CODE.enhanceYourCalm]);
  });
}

test("behind a GOAWAY uploads that were under way end nothing, nor do their trailers", () => {
  const stand = twoStreams(false);
  const { session, ends } = stand;
  session.refuseStreams();
  session.take(headers(5, post(), false));
  for (let i = 0; i < 600; i++) session.take(data(5, Buffer.alloc(SMALL_BYTES)));
  for (let i = 0; i < 600; i++) session.take(data(5, Buffer.alloc(2)));
  session.take(headers(5, [["x-sum", "1"]]));
  assert.deepEqual([ends, session.streams.size], [[], 2]);
});

test("a client that measures its way by a PING for each small message is served", () => {
  const stand = twoStreams(false);
  const { session, ends } = stand;
  const stream = streamOf(stand, 0);
  session.streams.sendHeaders(stream, OK, false);
  for (let i = 0; i < 3_000; i++) {
    session.streams.sendData(stream, Buffer.alloc(SMALL_BYTES), false);
    const windows = [windowUpdate(0, SMALL_BYTES), windowUpdate(1, SMALL_BYTES)];
    session.take(Buffer.concat([...windows, PING]));
  }
  assert.deepEqual([ends, stream.sentBytes], [[], 3_000 * SMALL_BYTES]);
});

test("one whose window cuts what it is sent pays for each that it opens", async () => {
  const stand = twoStreams(false);
  const { session, ends } = stand;
  const stream = streamOf(stand, 0);
  session.take(settings([[4, 0]]));
  session.streams.sendHeaders(stream, OK, false);
  session.streams.sendData(stream, Buffer.alloc(400_000), true);
  for (let i = 0; i < 2_000; i++) {
    session.take(windowUpdate(1, SMALL_BYTES));
    await nextPass();
  }
  assert.deepEqual(ends, [CODE.enhanceYourCalm]);
});
