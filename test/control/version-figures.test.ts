// How versions do side by side, from what the workers report.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  FIGURES_WINDOW_MS,
  VersionFigures,
  type VersionReport,
} from "../../src/control/deploy/version-figures.ts";
import { DURATION_BOUNDS_MS, Tallies } from "../../src/phases/tally.ts";
import { ended } from "../phases/ended.ts";

const report = (version: number, more: Partial<VersionReport> = {}): VersionReport => ({
  tenant: "shop",
  version,
  requests: 10,
  scriptFailures: 1,
  serverErrors: 1,
  upstreamErrors: 1,
  upstreams: [{ destination: "pages", requests: 10, unavailable: 2 }],
  durations: DURATION_BOUNDS_MS.map(() => 0).with(3, 10),
  ...more,
});

test("reports of all workers add up, and every answer with a 5xx is an error", () => {
  const figures = new VersionFigures();
  figures.add(report(1), 0);
  figures.add(report(1), 1_000);
  figures.add(report(2, { requests: 1 }), 1_000);
  const [one, two] = figures.of("shop", 2_000);
  assert.deepEqual(one, {
    ...{ version: 1, requests: 20, errors: 8, scriptFailures: 2 },
    ...{ p50Ms: 3, p99Ms: 3.98 },
  });
  assert.deepEqual([two?.version, two?.requests], [2, 1]);
  assert.deepEqual(figures.of("other", 2_000), []);
});

test("what is older than the window counts no more, and a tenant that is gone not at all", () => {
  const figures = new VersionFigures();
  figures.add(report(1), 0);
  figures.add(report(1, { requests: 5 }), FIGURES_WINDOW_MS - 1);
  assert.equal(figures.of("shop", FIGURES_WINDOW_MS)[0]?.requests, 5);
  assert.deepEqual(figures.of("shop", 3 * FIGURES_WINDOW_MS), []);
  figures.forget("shop");
  assert.deepEqual(figures.of("shop", FIGURES_WINDOW_MS), []);
});

test("of a tenant with many versions the latest that had requests are kept", () => {
  const figures = new VersionFigures();
  for (let version = 1; version <= 40; version++) figures.add(report(version), version);
  const versions = figures.of("shop", 50).map(({ version }) => version);
  assert.equal(versions.length, 16);
  assert.equal(versions.at(-1), 40);
});

test("a worker tells how long requests took, once", () => {
  const tallies = new Tallies();
  tallies.ended(ended({ status: 200 }), 45);
  const { durations } = tallies.take();
  const bucket = durations.indexOf(1);
  assert.ok((DURATION_BOUNDS_MS[bucket] ?? 0) >= 45, String(durations));
  assert.ok(tallies.take().durations.every((count) => count === 0));
});
