// The pictures of docs/dashboard.md can be taken anew, and are small.

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { SCREENSHOTS, takeScreenshots } from "../../.ci/screenshots.ts";
import { noBrowser } from "../dashboard/browser.ts";

const BYTES_MAX = 300_000;

test("npm run screenshots takes those of the docs", { skip: await noBrowser() }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-screenshots-"));
  try {
    const sizes = await takeScreenshots(folder, true);
    assert.ok(sizes.reduce((sum, one) => sum + one) < BYTES_MAX, sizes.join());
    assert.deepEqual(readdirSync(folder).sort(), readdirSync(SCREENSHOTS).sort());
    const page = readFileSync(new URL("../../docs/dashboard.md", import.meta.url), "utf8");
    for (const name of readdirSync(folder)) assert.ok(page.includes(`screenshots/${name}`), name);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
