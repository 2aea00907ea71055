// How long a connection is kept that nobody uses.

import assert from "node:assert/strict";
import { answering, type Behaviour, OK, type Stand } from "../stand.ts";

/** What a peer says, and when the connection is still there, and gone, of an idle time of 10 s. */
const KEPT: readonly (readonly [said: string, thereMs: number, goneMs: number])[] = [
  ["timeout=5", 3_900, 4_250],
  ["max=100, Timeout=5", 3_900, 4_250],
  ['timeout="5"', 3_900, 4_250],
  ["timeout=1", 450, 750],
  ["timeout=600", 9_900, 10_250],
  ["timeout=soon", 9_900, 10_250],
];

export const IDLE: readonly Behaviour[] = [
  {
    title: "an idle connection is closed when its idle time is over, not before",
    async run(stand) {
      await using origin = await stand.listen(answering(OK));
      await stand.exchange(stand.peer(origin, { idleTimeoutMs: 10_000 }));
      stand.elapse(9_900);
      assert.equal(stand.transport.counts.idle, 1);
      stand.elapse(200);
      assert.equal(stand.transport.counts.open, 0);
      await (await origin.connection(0)).closed;
    },
  },
  ...KEPT.map(([said, before, after]) => ({
    title: `of a peer that says \`Keep-Alive: ${said}\` a connection ends before the peer ends it`,
    run: async (stand: Stand) => {
      await using origin = await stand.listen(
        answering(OK.replace("OK", `OK\r\nKeep-Alive: ${said}`)),
      );
      await stand.exchange(stand.peer(origin, { idleTimeoutMs: 10_000 }));
      stand.elapse(before);
      assert.equal(stand.transport.counts.idle, 1);
      stand.elapse(after - before);
      assert.equal(stand.transport.counts.open, 0);
      await (await origin.connection(0)).closed;
    },
  })),
  {
    title: "a peer that says that it keeps no idle connection is believed",
    async run(stand) {
      await using origin = await stand.listen(
        answering(OK.replace("OK", "OK\r\nKeep-Alive: timeout=0")),
      );
      await stand.exchange(stand.peer(origin));
      await (await origin.connection(0)).closed;
      assert.equal(stand.transport.counts.open, 0);
    },
  },
  {
    title: "with an idle time of 0 a connection is never pooled, and the peer is told",
    async run(stand) {
      const heads: string[] = [];
      await using origin = await stand.listen(async (connection) => {
        heads.push(await connection.head());
        connection.write(OK);
      });
      await stand.exchange(stand.peer(origin, { idleTimeoutMs: 0 }));
      await (await origin.connection(0)).closed;
      assert.match(heads[0] ?? "", /^connection: close\r\n/im);
      assert.equal(stand.transport.counts.open, 0);
    },
  },
];
