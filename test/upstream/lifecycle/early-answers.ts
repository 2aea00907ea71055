// Peers that answer before the upload is over: what they said is heard, whether or not they wait
// for the rest.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { ErrorCode } from "../../../src/base/errors.ts";
import { answering, type Behaviour, type Stand, type Started } from "../stand.ts";

const REFUSAL = "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno";
const CHUNK = Buffer.alloc(1_000);
/** So many of them as the stand's clock has steps until a peer's time is over are some seconds. */
const PAUSE_MS = 20;

const upload = (stand: Stand, address: Parameters<Stand["start"]>[0]): Promise<Started> =>
  stand.start(address, { method: "POST", hasBody: true, contentLength: 1_000_000 });

/** The peer says this, then resets the connection; we write before we have read any of it. */
async function cutOff(stand: Stand, said: string): Promise<Started> {
  await using origin = await stand.listen(() => {});
  const started = await upload(stand, stand.peer(origin));
  started.connection.write(CHUNK);
  const wire = await origin.connection(0);
  await wire.head();
  wire.reset(said, () => {
    started.connection.write(CHUNK);
    started.connection.write(CHUNK);
  });
  while (!started.recorder.isOver) {
    // What is on its way is there first, also on a busy machine.
    await sleep(PAUSE_MS);
    // Over TLS Node tells no end behind a write that failed.
    stand.elapse(500);
  }
  assert.equal(started.connection.write(CHUNK), true);
  started.connection.end("");
  assert.equal(stand.transport.counts.open, 0);
  return started;
}

const UNHEARD: readonly (readonly [what: string, said: string, code: ErrorCode])[] = [
  ["nothing", "", "upstream_closed"],
  ["a part of a head", "HTTP/1.1 413 Too La", "upstream_aborted"],
  ["a part of a body", REFUSAL.slice(0, -1), "upstream_aborted"],
  ["a body that has no end but the connection's", "HTTP/1.1 413 No\r\n\r\nno", "upstream_aborted"],
];

export const EARLY_ANSWERS: readonly Behaviour[] = [
  {
    title: "an answer that comes before the upload is over is delivered, and the connection ends",
    async run(stand) {
      await using origin = await stand.listen(answering(REFUSAL));
      const { connection, recorder } = await upload(stand, stand.peer(origin));
      connection.write(CHUNK);
      await recorder.over();
      assert.deepEqual([recorder.response?.status, recorder.body.toString()], [413, "no"]);
      assert.equal(connection.write(CHUNK), true);
      connection.end("");
      await (await origin.connection(0)).closed;
      assert.equal(stand.transport.counts.open, 0);
    },
  },
  {
    title:
      "an answer is heard though a write has failed by then (undici reads nothing behind that)",
    only: "sluice",
    async run(stand) {
      const { recorder } = await cutOff(stand, REFUSAL);
      assert.deepEqual([recorder.error, recorder.response?.status], [null, 413]);
      assert.equal(recorder.body.toString(), "no");
    },
  },
  ...UNHEARD.map(([what, said, code]) => ({
    title: `a write that fails when the peer has said ${what} is ${code} (undici cannot tell)`,
    only: "sluice" as const,
    run: async (stand: Stand) => {
      const { recorder } = await cutOff(stand, said);
      assert.equal(recorder.code, code);
    },
  })),
  {
    title: "the upload goes on beside an early response that streams",
    async run(stand) {
      await using origin = await stand.listen(async (connection) => {
        await connection.head();
        connection.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhe");
        await connection.expect("more");
        connection.write("re");
      });
      const { connection, recorder } = await stand.start(stand.peer(origin), {
        method: "POST",
        hasBody: true,
        contentLength: 5,
      });
      connection.write(Buffer.from("x"));
      await recorder.until(({ response }) => response !== null);
      connection.write(Buffer.from("more"));
      connection.end("");
      await recorder.over();
      assert.deepEqual([recorder.error, recorder.body.toString()], [null, "here"]);
    },
  },
];
