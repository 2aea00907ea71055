// For how long a version that serves alone is on trial: for the window after it got all of the
// traffic, whichever process saw that.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { NO_COUNTS } from "../../src/control/deploy/counts.ts";
import { Guardian } from "../../src/control/deploy/guardian.ts";
import { setTrafficOf, type Traffic } from "../../src/control/deploy/traffic.ts";
import type { Store } from "../../src/control/store/store.ts";
import { ApiStand } from "./api/stand.ts";
import { add, audit, deployment } from "./store-stand.ts";

/** The default. */
const WINDOW_MS = 60_000;

/** Tenant shop with three versions; `Date` stands still until it is moved. */
class Shop implements AsyncDisposable {
  readonly stand: ApiStand;
  /** Whom workers tell of. */
  id: string;
  /** Of the store's clock before this machine's. */
  aheadMs = 0;
  #guardian: Guardian | null = null;
  #nowMs = 0;
  #takenBack: number[] = [];

  private constructor(stand: ApiStand) {
    this.stand = stand;
    this.id = stand.idOf("shop");
  }

  static async open(): Promise<Shop> {
    const stand = await ApiStand.start();
    await stand.make("shop");
    for (const code of ["one", "two", "three"]) {
      const none = (version: number) => [{ version, percent: 0 }];
      await add(stand.store, deployment({ tenant: "shop", code }), none);
    }
    mock.timers.enable({ apis: ["Date"], now: 1_000_000_000_000 });
    return new Shop(stand);
  }

  async share(...shares: readonly (readonly [number, number])[]): Promise<void> {
    const versions = shares.map(([version, percent]) => ({ version, percent }));
    const traffic = async (now: Traffic) => ({ ...now, versions });
    await setTrafficOf(this.stand, { tenant: "shop", traffic, audit: () => [audit("t", "shop")] });
  }

  pass(ms: number): void {
    this.#nowMs += ms;
    mock.timers.setTime(Date.now() + ms);
  }

  /** A new process, which has seen nothing yet. */
  restart(): void {
    this.#guardian = null;
    this.#nowMs = 0;
  }

  /** Whether the version, of which half of the requests throw, is taken back within ten seconds. */
  async isTakenBack(version: number): Promise<boolean> {
    this.#guardian ??= new Guardian({
      store: this.#store,
      live: this.stand.live,
      onTakenBack: (what) => void this.#takenBack.push(what.version),
    });
    const failure = { id: "1", hook: "requestFilter", code: "script_error", at: "" };
    for (let i = 0; i < 20; i++) {
      this.pass(500);
      const counts = { ...NO_COUNTS, requests: 20, scriptFailures: 10, failure };
      this.#guardian.observe([{ tenant: this.id, version, ...counts }], this.#nowMs);
      // what is asked of the store, and a change of traffic, take turns of the event loop
      await new Promise(setImmediate);
    }
    return this.#takenBack.includes(version);
  }

  get #store(): Store {
    return new Proxy(this.stand.store, {
      get: (store, name) => {
        if (name === "nowMs") return async () => (await store.nowMs()) + this.aheadMs;
        if (name === "fullTraffic") {
          return async (tenant: string) =>
            (await store.fullTraffic(tenant)).map(({ version, sinceMs }) => {
              return { version, sinceMs: sinceMs + this.aheadMs };
            });
        }
        const value: unknown = Reflect.get(store, name);
        return typeof value === "function" ? value.bind(store) : value;
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    mock.timers.reset();
    await this.stand[Symbol.asyncDispose]();
  }
}

test("a version that has had all of the traffic for longer than the window is left alone", async () => {
  await using shop = await Shop.open();
  await shop.share([1, 100]);
  await shop.share([2, 100]);
  shop.pass(WINDOW_MS + 1_000);
  assert.equal(await shop.isTakenBack(2), false);
});

test("a restart puts no version on trial again that has passed", async () => {
  await using shop = await Shop.open();
  await shop.share([1, 100]);
  await shop.share([2, 100]);
  shop.pass(WINDOW_MS + 1_000);
  shop.restart();
  assert.equal(await shop.isTakenBack(2), false);
});

test("the store's clock says for how long, whatever this machine's is", async () => {
  for (const aheadMs of [60 * WINDOW_MS, -60 * WINDOW_MS]) {
    await using shop = await Shop.open();
    shop.aheadMs = aheadMs;
    await shop.share([1, 100]);
    await shop.share([2, 100]);
    shop.pass(WINDOW_MS / 2);
    shop.restart();
    assert.equal(await shop.isTakenBack(2), true, "within the window");
    await shop.share([3, 100]);
    shop.pass(WINDOW_MS + 1_000);
    shop.restart();
    assert.equal(await shop.isTakenBack(3), false, "after it");
  }
});

test("a restart within the window ends no trial", async () => {
  await using shop = await Shop.open();
  await shop.share([1, 100]);
  await shop.share([2, 100]);
  shop.pass(WINDOW_MS / 2);
  shop.restart();
  assert.equal(await shop.isTakenBack(2), true);
});

test("a canary is on trial from when it got all of the traffic, however long it had a share", async () => {
  await using shop = await Shop.open();
  await shop.share([1, 100]);
  await shop.share([1, 50], [2, 50]);
  shop.pass(10 * WINDOW_MS);
  await shop.share([2, 100]);
  assert.equal(await shop.isTakenBack(2), true);
});

test("the old version is not on trial because a canary was given up", async () => {
  await using shop = await Shop.open();
  await shop.share([1, 100]);
  await shop.share([2, 100]);
  shop.pass(WINDOW_MS + 1_000);
  await shop.share([2, 90], [3, 10]);
  await shop.share([2, 100]);
  assert.equal(await shop.isTakenBack(2), false);
});

test("what workers tell late of a tenant that is gone is not held against the next of its name", async () => {
  await using shop = await Shop.open();
  await shop.share([1, 100]);
  await shop.share([2, 100]);
  shop.id = "shop~of-another";
  assert.equal(await shop.isTakenBack(2), false);
});
