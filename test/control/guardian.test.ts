// How soon a version that fails is taken back, in the time of who watches: workers tell every half
// second how the versions fared.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Guardian } from "../../src/control/deploy/guardian.ts";
import { takeBack } from "../../src/control/deploy/take-back.ts";
import { setTrafficOf, type Traffic } from "../../src/control/deploy/traffic.ts";
import { fc } from "../support/property.ts";
import { ApiStand } from "./api/stand.ts";
import { add, audit, deployment } from "./store-stand.ts";

/** As workers do (fleet/worker/worker-entry.ts). */
const TOLD_MS = 500;
const WORKERS = 2;

interface Course {
  /** Of all versions, a second. */
  readonly rate: number;
  /** Of the new version. */
  readonly percent: number;
  /** Of its requests that fail in the script; of the old version's. */
  readonly failing: { readonly fresh: number; readonly old: number };
  readonly forMs: number;
}

const FAILURE = { id: "a-request", hook: "requestFilter", code: "script_error", at: "main.ts:5:3" };

/** When the new version was taken back, after it had its share; null: it was not. */
async function takenBackMs({ rate, percent, failing, forMs }: Course): Promise<number | null> {
  await using stand = await ApiStand.start();
  await stand.make("shop");
  const { store, live } = stand;
  for (const code of ["one", "two"]) {
    await add(store, deployment({ tenant: "shop", code }));
  }
  const versions = [
    { version: 1, percent: 100 - percent },
    { version: 2, percent },
  ];
  await setTrafficOf(
    { store, live },
    { tenant: "shop", traffic: async (now) => ({ ...now, versions }), audit: () => [audit("t")] },
  );
  const over = Promise.withResolvers<void>();
  let nowMs = 0;
  let backMs: number | null = null;
  const guardian = new Guardian({
    store,
    live,
    onTakenBack: (_, error) => {
      assert.equal(error, null);
      backMs = nowMs;
      over.resolve();
    },
  });
  const told = new Map([1, 2].map((version) => [version, 0]));
  const observe = (version: number, share: number, failed: number): void => {
    const due = Math.floor((rate * (share / 100) * nowMs) / 1000);
    const before = told.get(version) ?? 0;
    told.set(version, due);
    const requests = due - before;
    const scriptFailures = Math.floor(due * failed) - Math.floor(before * failed);
    const failure = scriptFailures > 0 ? FAILURE : null;
    const errors = { serverErrors: scriptFailures, upstreamErrors: 0, upstreams: [] };
    const counts = { requests, scriptFailures, ...errors };
    guardian.observe([{ tenant: stand.idOf("shop"), version, ...counts, failure }], nowMs);
  };
  while (nowMs < forMs && backMs === null) {
    nowMs += TOLD_MS / WORKERS;
    observe(1, 100 - percent, failing.old);
    observe(2, percent, failing.fresh);
    const isBack = (await store.traffic("shop"))?.versions.length === 1;
    if (isBack) await over.promise;
  }
  return backMs;
}

test("at 10 % a version that fails every other request is back at 0 within 10 seconds", async () => {
  // a browser or two would not do: twenty of its requests must have been seen
  for (const rate of [30, 100, 1_000]) {
    const traffic = { rate, percent: 10, failing: { fresh: 0.5, old: 0 }, forMs: 60_000 };
    const backMs = await takenBackMs(traffic);
    assert.ok(backMs !== null && backMs <= 10_000, `${rate} requests a second: ${backMs} ms`);
  }
});

test("a version that does as well as the old one keeps its share, whatever both suffer from", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(0, 0.2, 0.5, 1),
      fc.constantFrom(1, 10, 50),
      async (f, percent) => {
        const failing = { fresh: f, old: f };
        assert.equal(await takenBackMs({ rate: 200, percent, failing, forMs: 15_000 }), null);
      },
    ),
    { numRuns: 8 },
  );
});

test("a first version that fails serves on, and the reason says so", async () => {
  await using stand = await ApiStand.start();
  await stand.make("shop");
  await add(stand.store, deployment({ tenant: "shop", code: "one" }));
  const versions = [{ version: 1, percent: 100 }];
  const traffic = async (now: Traffic) => ({ ...now, versions });
  await setTrafficOf(stand, { tenant: "shop", traffic, audit: () => [audit("t")] });
  const what = { tenant: "shop", version: 1, reason: "script errors", failure: FAILURE };
  await assert.rejects(takeBack(stand, what), {
    message:
      "version 1 serves on, since no other has had all of the traffic and is kept: " +
      "deploy one that is well",
  });
  assert.deepEqual((await stand.store.traffic("shop"))?.versions, versions);
});
