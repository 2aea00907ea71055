// The fetches of one request, as they wait for each other.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FetchCount, Fetcher } from "../../src/fetch/fetcher.ts";
import type { HostCall } from "../../src/sandbox/host-call.ts";
import type { Transport } from "../../src/upstream/transport.ts";

const NO_BYTES = Buffer.alloc(0);
const BOUNDS = { subrequests: 50, subrequestsAtOnce: 2, subrequestsPerWorker: 50 };

/** Fetches that get no connection, and how many have asked for one. */
class Stand {
  begun = 0;
  readonly #fetcher: Fetcher;

  constructor() {
    const borrow: Transport["borrow"] = () => {
      this.begun++;
      return { cancel: () => {} };
    };
    const fetches = new FetchCount({ ...BOUNDS, bufferedBodyBytes: 1_000 });
    this.#fetcher = new Fetcher({
      transport: { borrow, open: borrow },
      reach: { id: "1", name: "demo", groups: new Map(), egress: null, fetches },
      trace: { via: "", cdnLoop: null },
      notes: null,
    });
  }

  fetch(): HostCall {
    const text = '["GET","follow",null,false,"http://a.example/"]\n';
    const ask = { text, bytes: NO_BYTES, held: () => null };
    const call = this.#fetcher.start(ask, () => {});
    assert.ok(call);
    return call;
  }
}

const nextTick = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

test("a fetch that waits has the place of one that has left", async () => {
  const stand = new Stand();
  const [first] = [stand.fetch(), stand.fetch(), stand.fetch(), stand.fetch()];
  assert.equal(stand.begun, 2);
  first.close(null);
  await nextTick();
  assert.equal(stand.begun, 3);
});

test("of fetches that leave together none is begun for that", async () => {
  const stand = new Stand();
  const all = Array.from({ length: 8 }, () => stand.fetch());
  for (const call of all) call.close(null);
  await nextTick();
  assert.equal(stand.begun, 2);
  stand.fetch();
  assert.equal(stand.begun, 3);
});

test("a fetch does not overtake those that wait", async () => {
  const stand = new Stand();
  const [first, , waits] = [stand.fetch(), stand.fetch(), stand.fetch()];
  first.close(null);
  const late = stand.fetch();
  assert.equal(stand.begun, 2);
  await nextTick();
  assert.equal(stand.begun, 3);
  late.close(null);
  waits.close(null);
  await nextTick();
  assert.equal(stand.begun, 3);
});
