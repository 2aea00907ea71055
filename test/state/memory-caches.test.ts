// memoryCache as its host keeps it: what is there for how long, what goes first, and who loads.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { CacheAnswer, CacheLoad } from "../../src/state/cache-messages.ts";
import { MemoryCaches } from "../../src/state/memory-caches.ts";

const BOUNDS = { bytes: 10_000, entries: 3 };

class Caches {
  nowMs = 1_000;
  readonly all = new MemoryCaches(() => this.nowMs);

  ask(type: "get" | "delete", key: string, tenant = "a"): CacheAnswer["type"] | string {
    let given: CacheAnswer | null = null;
    this.all.ask({ type, tenant, key }, (answer) => {
      given = answer;
    });
    return shown(given);
  }

  set(
    key: string,
    value: string,
    times: { ttlMs?: number; staleMs?: number; tenant?: string } = {},
  ) {
    const { ttlMs = 100, staleMs = 0, tenant = "a" } = times;
    const setting = { value, ttlMs, staleMs, bounds: BOUNDS };
    this.all.ask({ type: "set", tenant, key, ...setting }, () => {});
  }

  load(key: string, staleMs = 0): Loading {
    return new Loading(this.all, key, staleMs);
  }

  totals(tenant = "a") {
    return this.all.get(tenant)?.totals;
  }
}

class Loading {
  readonly #load: CacheLoad;
  answer: string | null = null;

  constructor(all: MemoryCaches, key: string, staleMs: number) {
    this.#load = all.ask({ type: "load", tenant: "a", key, staleMs }, (answer) => {
      assert.equal(this.answer, null, "one answer");
      this.answer = shown(answer);
    });
  }

  fill(value: string, staleMs = 0): void {
    this.#load.fill({ value, ttlMs: 100, staleMs, bounds: BOUNDS }, () => {});
  }

  end(): void {
    this.#load.end();
  }
}

const shown = (answer: CacheAnswer | null): string => {
  if (answer === null) return "nothing";
  if ("value" in answer) return `${answer.type} ${answer.value}`;
  return answer.type === "load" && answer.isLate ? "late load" : answer.type;
};

test("a value is there until its time is over", () => {
  const caches = new Caches();
  assert.equal(caches.ask("get", "k"), "miss");
  caches.set("k", "1", { ttlMs: 50, staleMs: 1_000 });
  caches.nowMs += 49;
  assert.equal(caches.ask("get", "k"), "value 1");
  caches.nowMs += 1;
  assert.equal(caches.ask("get", "k"), "miss", "stale values are getOrSet's alone");
  caches.set("k", "2");
  caches.ask("delete", "k");
  assert.equal(caches.ask("get", "k"), "miss");
});

test("the least recently used goes, and is counted", () => {
  const caches = new Caches();
  for (const key of ["a", "b", "c"]) caches.set(key, key);
  assert.equal(caches.ask("get", "a"), "value a");
  caches.set("d", "d");
  assert.equal(caches.ask("get", "b"), "miss");
  assert.equal(caches.ask("get", "a"), "value a");
  assert.equal(caches.totals()?.evictions, 1);
  caches.set("large", "x".repeat(9_500));
  assert.equal(caches.ask("get", "large"), `value ${"x".repeat(9_500)}`);
  assert.equal(caches.totals()?.entries, 1, "bytes are bounded too");
  caches.set("larger", "x".repeat(10_000));
  assert.deepEqual(caches.totals()?.bytes, 0, "what is too large for the tenant is not kept");
});

test("a value whose time is over goes before one that lives", () => {
  const caches = new Caches();
  caches.set("old", "1", { ttlMs: 10 });
  caches.set("b", "b", { ttlMs: 10_000 });
  caches.set("c", "c", { ttlMs: 10_000 });
  caches.nowMs += 10;
  caches.set("d", "d");
  assert.deepEqual([caches.totals()?.entries, caches.totals()?.evictions], [3, 0]);
});

test("tenants do not meet, and what is over stays over", () => {
  const caches = new Caches();
  caches.set("k", "a's");
  assert.equal(caches.ask("get", "k", "b"), "miss");
  for (let i = 0; i < 10; i++) caches.set(`k${i}`, "b's", { tenant: "b" });
  assert.equal(caches.ask("get", "k"), "value a's", "nobody pushes out another's");
  caches.all.forget("a");
  caches.set("k", "late");
  assert.equal(caches.ask("get", "k"), "miss", "of a tenant that is gone nothing is kept");
  assert.equal(caches.all.get("a"), null);
});

test("one loads and the others have its value", () => {
  const caches = new Caches();
  const [first, second, third] = [caches.load("k"), caches.load("k"), caches.load("k")];
  assert.deepEqual([first.answer, second.answer], ["load", null]);
  first.fill("1");
  assert.deepEqual([second.answer, third.answer], ["value 1", "value 1"]);
  assert.equal(caches.load("k").answer, "value 1");
  assert.equal(caches.totals()?.loads, 1);
});

test("where a load ends without a value the next that waits loads", () => {
  const caches = new Caches();
  const [first, second, third] = [caches.load("k"), caches.load("k"), caches.load("k")];
  second.end();
  first.end();
  assert.deepEqual([second.answer, third.answer], [null, "load"]);
  third.end();
  assert.equal(caches.load("k").answer, "load");
});

test("what was loaded before its key was set or deleted is not kept", () => {
  const caches = new Caches();
  const [first, second] = [caches.load("k"), caches.load("k")];
  caches.ask("delete", "k");
  assert.equal(second.answer, "load", "who waited loads anew");
  first.fill("old");
  assert.equal(caches.ask("get", "k"), "miss");
  second.fill("new");
  assert.equal(caches.ask("get", "k"), "value new");
  caches.ask("delete", "k");
  const third = caches.load("k");
  caches.set("k", "set");
  third.fill("loaded");
  assert.equal(caches.ask("get", "k"), "value set");
});

test("the old value is given while one loads, and for no longer than is asked for", () => {
  const caches = new Caches();
  caches.load("k").fill("1", 500);
  caches.nowMs += 100;
  const refreshing = caches.load("k", 200);
  assert.equal(refreshing.answer, "stale 1");
  assert.equal(caches.load("k", 200).answer, "value 1");
  refreshing.end();
  assert.equal(caches.load("k", 200).answer, "stale 1", "the next one tries");
  caches.nowMs += 200;
  assert.equal(caches.load("k", 200).answer, null, "too old for it: it waits");
});

test("who has waited for five seconds loads for itself", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const caches = new Caches();
  const [first, second, third] = [caches.load("k"), caches.load("k"), caches.load("k")];
  t.mock.timers.tick(4_999);
  assert.equal(second.answer, null);
  t.mock.timers.tick(1);
  assert.deepEqual([second.answer, third.answer], ["late load", "late load"]);
  second.fill("2");
  first.fill("1");
  assert.equal(caches.ask("get", "k"), "value 2", "the first value is the value");
});
