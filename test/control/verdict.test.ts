// What is held against a new version, and what is not since the old one would have had it as well.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Counts, NO_COUNTS } from "../../src/control/deploy/counts.ts";
import { verdict } from "../../src/control/deploy/verdict.ts";

const CONFIG = { automatic: true, windowMs: 60_000, minRequests: 20, errorPercent: 5 };

type Sent = Readonly<Record<string, number>>;

/** Requests by upstream, those of them that found it unavailable, and other errors. */
const counts = (sent: Sent, unavailable: Sent = {}, more: Partial<Counts> = {}): Counts => ({
  ...NO_COUNTS,
  requests: Object.values(sent).reduce((sum, requests) => sum + requests, 0),
  upstreams: Object.entries(sent).map(([destination, requests]) => ({
    ...{ destination, requests },
    unavailable: unavailable[destination] ?? 0,
  })),
  ...more,
});

/** Null: both serve. Left out: it serves alone, and began as it goes on. */
const judge = (fresh: Counts, old: Counts, began: Counts | null = fresh): string | null =>
  verdict({ fresh, old, opening: began ?? fresh, isBeside: began === null, config: CONFIG });

const HEALTHY = counts({ pages: 1_000 });

test("an upstream to which both send, and that is down, is not held against the new one", () => {
  for (const requests of [20, 100, 10_000]) {
    const fresh = counts({ pages: requests }, { pages: requests });
    assert.equal(judge(fresh, HEALTHY), null);
    assert.equal(judge(fresh, counts({ pages: 25 })), null);
  }
});

test("nor is one of two, whichever the requests of the moment go to", () => {
  const old = counts({ pages: 500, beta: 500 });
  for (const beta of [4, 7, 10, 13, 16]) {
    assert.equal(judge(counts({ pages: 20 - beta, beta }, { beta }), old), null, `${beta} of 20`);
  }
});

test("a version that sends to an upstream that the old one never used is blamed", () => {
  const fresh = counts({ wrong: 20 }, { wrong: 20 });
  assert.match(
    judge(fresh, HEALTHY) ?? "",
    /^answers from 500 on: \d\d.* % of 20 requests, 0 % be/,
  );
  assert.notEqual(judge(fresh, counts({ pages: 20 })), null);
});

test("nor must it send more to a known one that is down", () => {
  const old = counts({ pages: 980, beta: 20 });
  assert.notEqual(judge(counts({ beta: 40 }, { beta: 40 }), old), null);
  const half = counts({ pages: 50, beta: 50 }, { beta: 50 });
  assert.notEqual(judge(half, old), null);
});

test("a tenth of the requests to a wrong upstream is enough", () => {
  const fresh = counts({ pages: 180, wrong: 20 }, { wrong: 20 });
  assert.notEqual(judge(fresh, HEALTHY), null);
});

test("while both serve, what only the new one's requests find down is held against it", () => {
  const down = (share: number) => counts({ pages: 200 }, { pages: share });
  assert.equal(judge(down(200), down(200), null), null);
  assert.equal(judge(down(90), down(70), null), null, "the outage began at another moment of each");
  assert.notEqual(judge(down(90), down(0), null), null);
  assert.equal(judge(down(90), down(0)), null, "one after the other, nobody can tell");
});

test("where nothing is known of the old one, no upstream's failure is evidence", () => {
  const fresh = counts({ pages: 100 }, { pages: 100 }, { upstreamErrors: 50 });
  assert.equal(judge(fresh, NO_COUNTS), null);
  const own = counts({ pages: 100 }, {}, { serverErrors: 50 });
  assert.notEqual(judge(own, NO_COUNTS), null, "its own failures are");
});

test("answers 500 of an upstream are compared while both versions serve", () => {
  const failing = (share: number) => counts({ pages: 100 }, {}, { upstreamErrors: share });
  assert.equal(judge(failing(90), failing(90), null), null);
  assert.notEqual(judge(failing(90), failing(0), null), null);
});

test("served alone, a version is blamed for them if it was so from its beginning", () => {
  const fresh = counts({ pages: 200 }, {}, { upstreamErrors: 100 });
  const good = counts({ pages: 40 });
  const bad = counts({ pages: 40 }, {}, { upstreamErrors: 20 });
  assert.equal(judge(fresh, HEALTHY, good), null, "it did well with that upstream before");
  assert.notEqual(judge(fresh, HEALTHY, bad), null);
});
