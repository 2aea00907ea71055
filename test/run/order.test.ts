// In which order jobs run, and how many at once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { allJobs } from "./jobs.ts";
import { inOrder, JOBS_AT_ONCE, LONG, runAll, shareOf } from "./order.ts";

test("what runs long is there, and begins first", () => {
  const jobs = inOrder(allJobs({ soak: false }));
  const first = [
    ...new Set(jobs.map(({ name }) => /^test\/(.*)\.test\.ts/.exec(name)?.[1] ?? name)),
  ];
  assert.deepEqual(first.slice(0, LONG.length), [...LONG]);
  assert.equal(jobs.length, allJobs({ soak: false }).length);
});

/** Runs jobs of these names, and returns who was running whenever one began. */
async function companies(names: readonly string[]): Promise<string[][]> {
  const seen: string[][] = [];
  const running = new Set<string>();
  await runAll(
    names.map((name) => ({ name })),
    async ({ name }) => {
      running.add(name);
      seen.push([...running]);
      await new Promise((resolve) => setImmediate(resolve));
      running.delete(name);
    },
  );
  return seen;
}

test("all run, a few at once, and one that takes a processor has one other beside it", async () => {
  const [hostile, fuzz] = ["test/hostile/a.test.ts", "test/fuzz/b.test.ts"];
  const lives = ["c", "d", "e", "f", "g"].map((name) => `test/life/${name}`);
  const names = [hostile, fuzz, ...lives];
  const seen = await companies(names);
  assert.deepEqual(seen.map((company) => company.at(-1)).toSorted(), names.toSorted());
  for (const company of seen) {
    const shares = company.reduce((sum, name) => sum + shareOf({ name }), 0);
    assert.ok(shares <= JOBS_AT_ONCE, company.join());
  }
  assert.ok(seen.some((company) => company.join() === [hostile, fuzz].join()));
  assert.ok(seen.some((company) => company.length === JOBS_AT_ONCE));
});
