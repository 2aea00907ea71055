// When what a session says leaves it: at the end of a pass, in one write, as long as more may come
// in it; at once where nothing is open any more.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { TableField } from "../../src/http2/hpack-decoder.ts";
import { Session } from "../../src/http2/session.ts";
import type { SessionStream } from "../../src/http2/session-stream.ts";
import { BEGINNING, get, headers } from "../support/http2-client.ts";

const DATA = 0;
const HEADERS = 1;

interface Asked {
  readonly session: Session<TableField>;
  readonly streams: SessionStream[];
  /** Kinds of frames of each write. */
  readonly writes: number[][];
}

/** A server that was asked so often on one connection. */
function asked(requests: number): Asked {
  const ignore = (): void => {};
  const streams: SessionStream[] = [];
  const writes: number[][] = [];
  const session = new Session<TableField>(
    {
      ...{ onField: ignore, onBlockOpen: ignore, onSettingsAck: ignore },
      onBlock: () => false,
      ...{ onStreamClosed: ignore, onFailed: ignore },
      onStream: (stream) => void streams.push(stream),
      onFields: () => true,
      send(data) {
        writes.push(kindsOf(Buffer.from(data.toString("latin1"), "latin1")));
        return true;
      },
    },
    {
      ...{ isClient: false, blockBytesMax: 4_096, nowMs: () => 1 },
      makeField: (name, value) => ({ name, bytes: name.length + value.length }),
    },
  );
  session.take(BEGINNING);
  const ids = Array.from({ length: requests }, (_, i) => 2 * i + 1);
  session.take(Buffer.concat(ids.map((id) => headers(id, get()))));
  writes.length = 0;
  return { session, streams, writes };
}

function kindsOf(bytes: Buffer): number[] {
  const kinds: number[] = [];
  for (let at = 0; at < bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
    kinds.push(bytes[at + 3] ?? -1);
  }
  return kinds;
}

function answer({ streams: all, session: { streams } }: Asked, which: number): void {
  const stream = all[which];
  assert.ok(stream !== undefined);
  streams.sendHeaders(stream, "\x88", false);
  streams.sendData(stream, "hello", true);
}

const nextPass = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("the answer after which nothing is open leaves at once, and in one write", async () => {
  const one = asked(1);
  answer(one, 0);
  assert.deepEqual(one.writes, [[HEADERS, DATA]]);
  await nextPass();
  assert.equal(one.writes.length, 1);
});

test("answers wait for the others of their pass, and leave with the last one", async () => {
  const three = asked(3);
  answer(three, 0);
  answer(three, 1);
  assert.deepEqual(three.writes, []);
  await nextPass();
  assert.deepEqual(three.writes, [[HEADERS, DATA, HEADERS, DATA]]);
  answer(three, 2);
  assert.deepEqual(three.writes.at(-1), [HEADERS, DATA]);
  assert.equal(three.writes.length, 2);
});

test("requests that are answered while they are read are answered in one write", () => {
  const several = asked(0);
  const { session, streams } = several;
  const ids = [1, 3, 5];
  const all = Buffer.concat(ids.map((id) => headers(id, get())));
  const answered = new Set<SessionStream>();
  const push = streams.push.bind(streams);
  streams.push = (stream) => {
    const length = push(stream);
    answered.add(stream);
    answer(several, length - 1);
    return length;
  };
  session.take(all);
  assert.equal(answered.size, ids.length);
  assert.deepEqual(several.writes, [[HEADERS, DATA, HEADERS, DATA, HEADERS, DATA]]);
});
