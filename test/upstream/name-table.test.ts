// Host names: when the operating system is asked, what is answered meanwhile, and what is kept.

import assert from "node:assert/strict";
import { test } from "node:test";
import { UPSTREAM_LIMITS } from "../../src/upstream/limits.ts";
import { type LookupResult, NameTable, type NameWaiter } from "../../src/upstream/name-table.ts";
import { settle } from "./stand.ts";

const TTL_MS = UPSTREAM_LIMITS.nameTtlMs;
const FAILURE_TTL_MS = UPSTREAM_LIMITS.nameFailureTtlMs;

/** Names over a resolver and a clock that the test moves. */
class Bench {
  readonly names: NameTable;
  nowMs = 0;
  /** Queries that were not answered yet. */
  readonly queries: { readonly name: string; readonly done: LookupResult }[] = [];
  asked = 0;

  constructor({ namesMax = 100, queriesMax = 100 } = {}) {
    this.names = new NameTable({
      limits: UPSTREAM_LIMITS,
      namesMax,
      queriesMax,
      now: () => this.nowMs,
      lookup: (name, done) => {
        this.asked++;
        this.queries.push({ name, done });
      },
    });
  }

  ask(name: string): Waiter {
    const waiter = new Waiter();
    this.names.ask(name, waiter);
    return waiter;
  }

  /** Answers the query that has waited longest. */
  answer(...addresses: string[]): void {
    this.queries.shift()?.done(null, addresses);
  }

  fail(): void {
    this.queries.shift()?.done(new Error("getaddrinfo ENOTFOUND"), []);
  }
}

class Waiter implements NameWaiter {
  got: readonly string[] | string | null = null;

  onAddresses(addresses: readonly string[]): void {
    assert.equal(this.got, null, "a second answer");
    this.got = addresses;
  }

  onNoAddress(error: Error): void {
    assert.equal(this.got, null, "a second answer");
    this.got = error.message;
  }
}

test("one query is under way for a name, however many wait", () => {
  const bench = new Bench();
  const waiters = [bench.ask("a"), bench.ask("a"), bench.ask("a")];
  assert.equal(bench.asked, 1);
  bench.answer("10.0.0.1");
  for (const { got } of waiters) assert.deepEqual(got, ["10.0.0.1"]);
  assert.deepEqual(bench.ask("a").got, ["10.0.0.1"]);
  assert.equal(bench.asked, 1);
});

test("each address comes first in its turn, and one that was given twice counts once", () => {
  const bench = new Bench();
  bench.ask("a");
  bench.answer("1", "2", "2", "3");
  const orders = [1, 2, 3].map(() => bench.ask("a").got);
  assert.deepEqual(orders, [
    ["2", "3", "1"],
    ["3", "1", "2"],
    ["1", "2", "3"],
  ]);
});

test("an address that failed comes last, until the name is answered anew", () => {
  const bench = new Bench();
  bench.ask("a");
  bench.answer("1", "2", "3");
  bench.names.failed("a", "1");
  for (let i = 0; i < 4; i++) {
    const { got } = bench.ask("a");
    assert.equal(got?.at(2), "1");
  }
  bench.nowMs += TTL_MS;
  bench.ask("a");
  bench.answer("1", "2", "3");
  const firsts = [1, 2, 3].map(() => bench.ask("a").got?.at(0));
  assert.deepEqual(firsts.sort(), ["1", "2", "3"]);
});

test("after its time a name is asked for again, and the old addresses are used meanwhile", () => {
  const bench = new Bench();
  bench.ask("a");
  bench.answer("1");
  bench.nowMs += TTL_MS - 1;
  bench.ask("a");
  assert.equal(bench.asked, 1);
  bench.nowMs += 1;
  assert.deepEqual(bench.ask("a").got, ["1"]);
  assert.deepEqual(bench.ask("a").got, ["1"]);
  assert.equal(bench.asked, 2);
  bench.answer("2");
  assert.deepEqual(bench.ask("a").got, ["2"]);
});

test("old addresses are used when the resolver fails, which is asked again soon", () => {
  const bench = new Bench();
  bench.ask("a");
  bench.answer("1");
  bench.nowMs += TTL_MS;
  bench.ask("a");
  bench.fail();
  assert.deepEqual(bench.ask("a").got, ["1"]);
  assert.equal(bench.asked, 2);
  bench.nowMs += FAILURE_TTL_MS;
  assert.deepEqual(bench.ask("a").got, ["1"]);
  assert.equal(bench.asked, 3);
  bench.answer();
  assert.deepEqual(bench.ask("a").got, ["1"], "an empty answer is a failure too");
});

test("a failure is remembered for a moment, and never told at once", async () => {
  const bench = new Bench();
  const first = bench.ask("a");
  bench.fail();
  assert.equal(first.got, "getaddrinfo ENOTFOUND");
  const second = bench.ask("a");
  assert.deepEqual([second.got, bench.asked], [null, 1]);
  await settle();
  assert.equal(second.got, "getaddrinfo ENOTFOUND");
  bench.nowMs += FAILURE_TTL_MS;
  const third = bench.ask("a");
  bench.answer("1");
  assert.deepEqual(third.got, ["1"]);
});

test("who does not wait any more is not answered", () => {
  const bench = new Bench();
  const waiter = bench.ask("a");
  bench.names.forget("a", waiter);
  bench.answer("1");
  assert.equal(waiter.got, null);
});

test("of too many names the one that was not used for longest is forgotten", () => {
  const bench = new Bench({ namesMax: 2 });
  for (const name of ["a", "b"]) {
    bench.ask(name);
    bench.answer(name);
  }
  bench.ask("a");
  bench.ask("c");
  bench.answer("c");
  assert.equal(bench.names.size, 2);
  assert.deepEqual(bench.ask("a").got, ["a"]);
  assert.equal(bench.ask("b").got, null);
});

test("while all names are being asked for, one more is refused", async () => {
  const bench = new Bench({ namesMax: 2 });
  const waiting = [bench.ask("a"), bench.ask("b")];
  const refused = bench.ask("c");
  await settle();
  assert.equal(refused.got, "over 2 queries wait");
  assert.deepEqual([bench.asked, bench.names.size], [2, 2]);
  bench.answer("1");
  bench.answer("2");
  assert.deepEqual(
    waiting.map(({ got }) => got),
    [["1"], ["2"]],
  );
});

test("a few names are asked for at once, and the others in their turn", () => {
  const bench = new Bench({ queriesMax: 2 });
  const waiters = ["a", "b", "c", "d"].map((name) => bench.ask(name));
  assert.equal(bench.asked, 2);
  bench.fail();
  assert.deepEqual(
    bench.queries.map(({ name }) => name),
    ["b", "c"],
  );
  bench.answer("2");
  bench.answer("3");
  bench.answer("4");
  assert.deepEqual(
    waiters.map(({ got }) => got),
    ["getaddrinfo ENOTFOUND", ["2"], ["3"], ["4"]],
  );
  assert.equal(bench.names.isAsking, false);
});

test("a name that nobody waits for any more still gets its turn, once", () => {
  const bench = new Bench({ queriesMax: 1 });
  bench.ask("a");
  bench.names.forget("b", bench.ask("b"));
  bench.ask("b");
  bench.answer("1");
  bench.answer("2");
  assert.deepEqual([bench.asked, bench.ask("b").got], [2, ["2"]]);
});

test("names that are kept are asked for at once, and never forgotten for others", () => {
  const bench = new Bench({ namesMax: 1 });
  bench.names.keep(["kept"]);
  assert.equal(bench.asked, 1);
  bench.answer("1");
  for (const name of ["a", "b", "c"]) {
    bench.ask(name);
    bench.answer(name);
  }
  assert.deepEqual([bench.names.size, bench.ask("kept").got], [2, ["1"]]);
});

test("names that are kept no more go, and those that still are, are not asked for again", () => {
  const bench = new Bench();
  bench.names.keep(["a", "b"]);
  bench.answer("1");
  bench.answer("2");
  bench.names.keep(["b", "c"]);
  assert.deepEqual([bench.asked, bench.names.size], [3, 2]);
  assert.deepEqual(bench.ask("b").got, ["2"]);
});
