// Two proxies that change who gets which version of one tenant, where one may not have heard yet of
// what the other has stored.

import assert from "node:assert/strict";
import { it } from "node:test";
import type { SqlStore } from "../../src/control/store/sql-store.ts";
import type { Store, Traffic } from "../../src/control/store/store.ts";
import { add, audit, deployment } from "./store-stand.ts";

type Two = readonly [SqlStore, SqlStore];

const BY_ADDRESS = { kind: "address" } as const;
const BY_COOKIE = { kind: "cookie", name: "seen" } as const;

const all = (version: number): Traffic => ({
  versions: [{ version, percent: 100 }],
  stickyBy: BY_ADDRESS,
});

const move = (store: Store, expected: Traffic, traffic: Traffic): Promise<number> => {
  const lines = [audit("traffic.set")];
  return store.release([{ tenant: "demo", deployment: null, traffic, expected, audit: lines }]);
};

export function itMovesTraffic(open: () => Promise<Two>): void {
  it("do not move traffic that the other one has moved meanwhile", async () => {
    const [one, two] = await open();
    for (let i = 0; i < 2; i++) await add(one, deployment());
    await move(one, all(2), all(1));
    await assert.rejects(move(two, all(2), all(1)), {
      fault: "conflict",
      message: /expected the shares 2=100, got 1=100: somebody else/,
    });
    await move(two, all(1), all(2));
    await Promise.all([one.close(), two.close()]);
  });

  it("keep what the other one has said that clients are known by", async () => {
    const [one, two] = await open();
    for (let i = 0; i < 2; i++) await add(one, deployment());
    await move(one, all(2), { ...all(2), stickyBy: BY_COOKIE });
    await assert.rejects(move(two, all(2), all(1)), {
      fault: "conflict",
      message: /expected clients by address, got cookie seen: somebody else/,
    });
    assert.deepEqual((await two.traffic("demo"))?.stickyBy, BY_COOKIE);
    await move(two, { ...all(2), stickyBy: BY_COOKIE }, all(1));
    await Promise.all([one.close(), two.close()]);
  });
}
