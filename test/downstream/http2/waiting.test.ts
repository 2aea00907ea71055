// A connection of HTTP/2 that ends while its requests wait for their turns: what had come whole of
// a client that still reads is answered, everything else is nobody's, and keeps nothing. Others
// are served as if it had never been there.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextPass } from "node:timers/promises";
import { BeginQueue, Place } from "../../../src/downstream/begin-queue.ts";
import { data, frame, get, headers, post, RawHttp2 } from "../../support/http2-client.ts";
import { EchoStand } from "./echo-stand.ts";

/** Nobody's turn comes before the test says so. */
class HeldQueue extends BeginQueue {
  readonly places: Place[] = [];

  constructor() {
    super(() => Number.POSITIVE_INFINITY);
  }

  override wait(begin: () => void): Place {
    const place = new Place(this, begin);
    this.places.push(place);
    return place;
  }

  get awaited(): number {
    return this.places.filter(({ isAwaited }) => isAwaited).length;
  }

  release(): void {
    for (const place of this.places) place.begin();
  }
}

const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await nextPass();
};

const WHOLE = [1, 3, 5];
const OPEN = 7;
const goaway = frame(7, 0, 0, Buffer.alloc(8));

interface End {
  readonly title: string;
  readonly end: (client: RawHttp2) => void;
  /** What waits still, once it has been heard. */
  readonly waits: number;
}

const ENDS: readonly End[] = [
  { title: "is reset", end: ({ socket }) => socket.resetAndDestroy(), waits: 0 },
  { title: "breaks the protocol", end: (client) => client.send(data(0, "none")), waits: 0 },
  {
    title: "ends in its client's half",
    end: ({ socket }) => socket.end(),
    waits: WHOLE.length,
  },
  {
    title: "is announced to end",
    end: (client) => client.send(goaway, frame(6, 0, 0, Buffer.alloc(8))),
    waits: WHOLE.length + 1,
  },
];

for (const { title, end, waits } of ENDS) {
  test(`one that ${title} while ${WHOLE.length + 1} of its requests wait`, async () => {
    const queue = new HeldQueue();
    await using stand = await EchoStand.start({}, queue);
    using other = await RawHttp2.connect(stand.port);
    other.send(headers(1, get("/other")), headers(3, post(), false), data(3, "other's"));
    using client = await RawHttp2.connect(stand.port);
    for (const id of WHOLE) client.send(headers(id, get()));
    client.send(headers(OPEN, post(), false), data(OPEN, "a part"));
    await until(() => queue.awaited === 2 + WHOLE.length + 1);
    end(client);
    await until(() => queue.awaited === 2 + waits && (client.pongs > 0 || waits <= WHOLE.length));
    if (waits === 0) await until(() => stand.connections.size === 1);
    queue.release();
    assert.equal(queue.awaited, 0);
    assert.equal(stand.began, 2 + waits);
    if (waits > 0) for (const id of WHOLE) assert.deepEqual(await statuses(client, id), ["200"]);
    other.send(data(3, ", whole", true));
    assert.deepEqual(await statuses(other, 1), ["200"]);
    assert.deepEqual(await statuses(other, 3), ["200"]);
    assert.match(other.stream(3).body, /"body":"other's, whole"/);
  });
}

const statuses = async (client: RawHttp2, id: number): Promise<readonly string[]> =>
  (await client.ended(id)).statuses;
