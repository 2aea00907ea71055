// The end of a client connection on a clock of the test's own: who still sends a request that was
// not read is heard for a time, with pauses, and not beyond it.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { after, test } from "node:test";
import { Deadlines } from "../../src/base/clock.ts";
import { LIMITS } from "../../src/base/limits.ts";
import { Lingering } from "../../src/downstream/lingering.ts";
import { WriteSide } from "../../src/downstream/write-side.ts";

const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
await once(server, "listening");
after(() => server.close());

interface Stand {
  readonly client: Socket;
  readonly socket: Socket;
  /** Moves the clock, in steps that its sweeps take for time. */
  readonly pass: (ms: number) => void;
}

/** Both ends of a connection of which the near one lingers. */
async function stand(isUnread: boolean): Promise<Stand> {
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const accepted = once(server, "connection");
  const client = connect({ host: "127.0.0.1", port: address.port, allowHalfOpen: true });
  client.on("error", () => {});
  const [socket] = (await accepted) as [Socket];
  let nowMs = 1_000;
  const deadlines = new Deadlines(() => nowMs);
  after(() => {
    deadlines[Symbol.dispose]();
    client.destroy();
    socket.destroy();
  });
  const output = new WriteSide(
    socket,
    { deadlines, clientWriteMs: 1_000, responseBytesPerSecond: 0 },
    () => {},
  );
  const flushed = once(socket, "finish");
  new Lingering(socket, { deadlines, output, hasEnded: false, isUnread, closed: () => {} });
  await flushed;
  const pass = (ms: number): void => {
    for (let left = ms; left > 0; left -= LIMITS.deadlineStepMs) {
      nowMs += Math.min(left, LIMITS.deadlineStepMs);
      deadlines.sweep();
    }
  };
  return { client, socket, pass };
}

const MUCH = Buffer.alloc(8_388_608);

async function send({ client, socket }: Stand, bytes: Buffer): Promise<void> {
  const target = socket.bytesRead + bytes.length;
  client.write(bytes);
  while (socket.bytesRead < target) await once(socket, "data");
}

test("who sends on is heard, however much it is, until its time is up", async () => {
  const near = await stand(true);
  const step = LIMITS.lingerPauseMs - 1_000;
  const steps = Math.floor(LIMITS.lingerUnreadMs / step);
  for (let i = 0; i < steps; i++) {
    await send(near, MUCH);
    near.pass(step);
    assert.ok(!near.socket.destroyed, `after ${(i + 1) * step} ms`);
  }
  await send(near, Buffer.from("x"));
  near.pass(step);
  assert.ok(near.socket.destroyed);
});

test("a pause that is too long ends it", async () => {
  const near = await stand(true);
  await send(near, MUCH);
  near.pass(LIMITS.lingerPauseMs + 1_000);
  assert.ok(near.socket.destroyed);
});

test("after a whole request there is less to wait for, whatever comes", async () => {
  const near = await stand(false);
  near.pass(LIMITS.lingerMs / 2);
  await send(near, Buffer.from("x"));
  assert.ok(!near.socket.destroyed);
  near.pass(LIMITS.lingerMs / 2 + 1_000);
  assert.ok(near.socket.destroyed);
});
