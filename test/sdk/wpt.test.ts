// The web globals of scripts held to the data of web-platform-tests (test/wpt), in a real isolate.
// What differs is in wpt-differences.json, each with its reason: one that is new fails, and one
// that is gone fails as well.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CHAIN } from "../../src/phases/table.ts";
import { answerText, LaneStand } from "../sandbox/lane-stand.ts";
import { CHECKS, dataOf } from "./wpt-checks.ts";

interface Difference {
  readonly why: string;
  /** As wpt-checks.ts words them. */
  readonly cases: readonly string[];
}

const differences: Readonly<Record<string, readonly Difference[]>> = JSON.parse(
  readFileSync(new URL("wpt-differences.json", import.meta.url), "utf8"),
);

const PATIENT = { hookMs: 20_000, hookWallMs: 60_000, requestCpuMs: 60_000 };

async function failuresOf(code: string, data: unknown): Promise<string[]> {
  const text = JSON.stringify(JSON.stringify(data));
  using stand = new LaneStand(
    "async requestFilter() { return Response.json(await check(JSON.parse(data))); }",
    { before: `${code} const data = ${text};`, ...PATIENT },
  );
  const outcome = await stand.run(stand.exchange(), CHAIN.request);
  assert.equal(outcome.error, null, outcome.error?.message ?? "");
  const failed: unknown = JSON.parse(answerText(outcome) ?? "null");
  assert.ok(Array.isArray(failed));
  return failed.map(String);
}

for (const [title, { files, code }] of Object.entries(CHECKS)) {
  for (const file of files) {
    test(`${title} as web-platform-tests have it (${file}), but for what is listed`, async () => {
      const failed = await failuresOf(code, dataOf(file));
      const known = differences[file]?.flatMap(({ cases }) => cases) ?? [];
      assert.deepEqual([...new Set(failed)].sort(), [...new Set(known)].sort());
    });
  }
}
