// The main thread and a cell that was taken over: a real process in a cell's place says what no
// honest one would, and is ended for it.

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { entryPath, packageUrl } from "../../../src/base/entry.ts";
import { CellProcess } from "../../../src/fleet/cells/cell-process.ts";
import { cellFiles } from "../../../src/fleet/children/files.ts";
import type { Programs } from "../../../src/fleet/children/programs.ts";
import { findSandbox } from "../../../src/fleet/children/sandbox.ts";
import { NO_LIMITS } from "../../../src/sandbox/cell/cell-limits.ts";

const FOLDER = dirname(fileURLToPath(import.meta.url));
const code = join(entryPath("fleet/worker/worker-entry"), "../../..");
const programs: Programs = { root: fileURLToPath(packageUrl), code, extension: ".ts" };
const found = await findSandbox("auto", process.env.PATH ?? "");
const files = [...cellFiles(programs), { source: FOLDER, target: FOLDER }];
const sandbox = { ...found, programs, files };

interface Seen {
  readonly lines: string[];
  reports: number;
}

/** The cell, once it takes orders. */
async function started(seen: Seen): Promise<CellProcess> {
  const cell = new CellProcess({
    id: 1,
    program: "../test/fleet/cells/hostile-cell",
    runtime: { kernel: "", extras: [] },
    sandbox,
    memoryBytes: 2 ** 30,
    group: null,
    workers: [],
    onLine: (line) => void seen.lines.push(line),
    onReport: () => void seen.reports++,
  });
  await cell.ready;
  return cell;
}

const WORDS = [
  "reports without end",
  "a message of 4 GB",
  "no JSON",
  "what no cell says",
  "deep JSON",
  "complaints without end",
];

for (const words of WORDS) {
  test(`a cell that says ${words} is ended, and little of it is kept`, async () => {
    const seen: Seen = { lines: [], reports: 0 };
    const before = process.memoryUsage().rss;
    const cell = await started(seen);
    cell.tell({ type: "tenant", name: words, counters: [], limits: NO_LIMITS });
    assert.equal(await cell.ended, "SIGKILL");
    cell.close();
    assert.ok(seen.lines.join("").length < 65_536);
    assert.ok(seen.reports < 1_000_000);
    assert.ok(process.memoryUsage().rss - before < 200_000_000);
  });
}
