// Moments as they are typed on a command line, and in a field of the dashboard.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMoment } from "../../../src/cli/client/moment.ts";

// nine hours ahead of UTC
process.env.TZ = "Asia/Tokyo";

const { momentMs } = await import(
  new URL("../../../dashboard/base/moment.ts", import.meta.url).href
);

test("a time on a command line is in UTC, as those that commands print, unless it names a zone", () => {
  const atMs = Date.UTC(2026, 0, 31, 10);
  for (const same of [
    "2026-01-31T10:00Z",
    "2026-01-31T10:00",
    "2026-01-31 10:00:00",
    "2026-01-31T19:00+09:00",
  ]) {
    assert.equal(parseMoment(same), atMs, same);
  }
  assert.equal(parseMoment("2026-01-31"), Date.UTC(2026, 0, 31));
  assert.equal(parseMoment("2h", atMs), atMs - 7_200_000);
  for (const wrong of [
    "2026-02-31",
    "2026-13-01",
    "2026-01-31T25:00",
    "yesterday",
    "10",
    "2w",
    "",
  ]) {
    assert.throws(() => parseMoment(wrong), /Expected how long ago/, wrong);
  }
});

test("a time on a page is in the browser's zone, also without an hour", () => {
  assert.equal(momentMs("2026-01-31"), Date.UTC(2026, 0, 30, 15));
  assert.equal(momentMs("2026-01-31 10:00"), Date.UTC(2026, 0, 31, 1));
  assert.equal(momentMs("2026-01-31T10:00:30"), Date.UTC(2026, 0, 31, 1, 0, 30));
  assert.equal(momentMs("2026-01-31T10:00Z"), Date.UTC(2026, 0, 31, 10));
  for (const wrong of ["2026-02-31", "2026-01-31 25:00", "2026-01-31 10:75", "last 5", "5", ""]) {
    assert.equal(momentMs(wrong), null, wrong);
  }
});
