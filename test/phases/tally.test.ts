// What the requests of a version came to, and who is to blame for those that failed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMITS } from "../../src/base/limits.ts";
import { Tallies } from "../../src/phases/tally.ts";
import { type Ended, ended } from "./ended.ts";

const FAILURE = { id: "1", hook: "responseFilter", code: "script_error", at: "main.ts:1:1" };
const PAGES = { destination: "pages" };

/** A request, and where it counts; `unavailable`: with its upstream. */
const CASES: readonly (readonly [string, Ended, string])[] = [
  ["an answer of the upstream's is no error", { ...PAGES, status: 200 }, "none"],
  ["a 404 is nobody's failure", { ...PAGES, status: 404 }, "none"],
  ["an upstream that refuses connections", err("connect_refused", 502), "unavailable"],
  ["one that cannot be reached", err("connect_timeout", 504), "unavailable"],
  ["one that says nothing", err("upstream_timeout", 504), "unavailable"],
  ["one that breaks off", err("upstream_closed", 502), "unavailable"],
  ["a failure that a hook gave another status", err("connect_refused", 500), "unavailable"],
  ["one that says it is out of service", { ...PAGES, status: 503 }, "unavailable"],
  ["an upstream that fails", { ...PAGES, status: 500 }, "upstreamErrors"],
  [
    "one that says nothing within the time that the script set",
    { ...err("upstream_timeout", 504), responseTimeoutMs: 1 },
    "serverErrors",
  ],
  ["a good answer made a bad one", { ...PAGES, status: 503, upstreamStatus: 200 }, "serverErrors"],
  [
    "a bad answer on which a hook failed",
    { ...PAGES, status: 500, upstreamStatus: 503, scriptFailure: FAILURE },
    "serverErrors",
  ],
  ["an answer of the script's", { status: 503 }, "serverErrors"],
  ["no upstream at all", { status: 502, error: "no_peer" }, "serverErrors"],
  ["the proxy's own failure", err("internal", 500), "serverErrors"],
];

function err(error: NonNullable<Ended["error"]>, status: number): Ended {
  return { ...PAGES, status, error };
}

for (const [title, given, expected] of CASES) {
  test(`${title} counts as ${expected}`, () => {
    const tallies = new Tallies();
    tallies.ended(ended(given), 1);
    const { serverErrors, upstreamErrors, upstreams } = tallies.take();
    const unavailable = upstreams[0]?.unavailable ?? 0;
    const found = Object.entries({ serverErrors, upstreamErrors, unavailable });
    assert.deepEqual(
      found.filter(([, count]) => count > 0),
      expected === "none" ? [] : [[expected, 1]],
    );
  });
}

test("each upstream has its own requests, and what was told is not told again", () => {
  const tallies = new Tallies();
  for (const destination of ["pages", "beta", "pages"]) {
    tallies.ended(ended({ destination, status: 200 }), 1);
  }
  assert.deepEqual(tallies.take().upstreams, [
    { destination: "pages", requests: 2, unavailable: 0 },
    { destination: "beta", requests: 1, unavailable: 0 },
  ]);
  assert.deepEqual(tallies.take().upstreams, []);
});

test("a script that writes a thousand peers makes a few entries, and none of any length", () => {
  const tallies = new Tallies();
  for (let i = 0; i < 1_000; i++) {
    tallies.ended(ended({ destination: `{"address":"127.0.0.1:${i}"}`, status: 200 }), 1);
  }
  tallies.ended(ended({ destination: "x".repeat(100_000), status: 200 }), 1);
  const { upstreams } = tallies.take();
  assert.equal(upstreams.length, LIMITS.talliedUpstreams + 1);
  const rest = upstreams.find(({ destination }) => destination === "");
  assert.equal(rest?.requests, 1_001 - LIMITS.talliedUpstreams);
});
