// Watching the files that a proxy was made of.

import assert from "node:assert/strict";
import fs, {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, mock, test } from "node:test";
import { LIMITS } from "../../../../src/base/limits.ts";
import { FolderWatch } from "../../../../src/fleet/main/live/watch.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-watch-"));
after(() => rmSync(folder, { recursive: true }));

const file = join(folder, "main.ts");

/** Whatever was written is known by then, and has been told. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 3 * LIMITS.watchQuietMs));

/** Calls as they come, awaited one by one. A handle keeps the loop alive; a watch does not. */
function calls() {
  let waiting = Promise.withResolvers<void>();
  let count = 0;
  const alive = setInterval(() => {}, 1_000);
  return {
    called: (): void => {
      count++;
      waiting.resolve();
    },
    get count() {
      return count;
    },
    async next(): Promise<void> {
      await waiting.promise;
      waiting = Promise.withResolvers();
    },
    [Symbol.dispose]: () => clearInterval(alive),
  };
}

test("a file that is written in many steps is one change", async () => {
  using seen = calls();
  using watch = new FolderWatch(seen.called);
  writeFileSync(file, "");
  watch.watch([file], Date.now());
  for (let i = 0; i < 20; i++) writeFileSync(file, `${i}`);
  await seen.next();
  await settled();
  assert.equal(seen.count, 1);
});

test("a file that an editor replaced twice is seen both times", async () => {
  using seen = calls();
  using watch = new FolderWatch(seen.called);
  writeFileSync(file, "");
  watch.watch([file], Date.now());
  for (const text of ["one", "two"]) {
    writeFileSync(`${file}~`, text);
    renameSync(`${file}~`, file);
    await seen.next();
  }
});

test("a log that grows beside it is no change", async () => {
  using seen = calls();
  using watch = new FolderWatch(seen.called);
  watch.watch([file], Date.now());
  writeFileSync(join(folder, "access.log"), "line\n");
  await settled();
  assert.equal(seen.count, 0);
  writeFileSync(file, "now");
  await seen.next();
});

test("a folder that is not there is no error", () => {
  using watch = new FolderWatch(() => {});
  watch.watch([join(folder, "nowhere", "main.ts")], Date.now());
});

test("a folder that comes later, or takes another's place, is watched", async () => {
  using seen = calls();
  using watch = new FolderWatch(seen.called);
  const lib = join(folder, "lib");
  const part = join(lib, "part.ts");
  watch.watch([part], Date.now());
  mkdirSync(lib);
  await seen.next();
  writeFileSync(part, "one");
  await seen.next();

  mkdirSync(join(folder, "other"));
  writeFileSync(join(folder, "other", "part.ts"), "two");
  renameSync(lib, join(folder, "old"));
  renameSync(join(folder, "other"), lib);
  await seen.next();
  writeFileSync(part, "three");
  await seen.next();
});

test("a file that was saved after it was read, and before it was watched, has changed", async () => {
  const late = join(folder, "late.ts");
  const readFromMs = Date.now();
  await later();
  for (const save of [() => writeFileSync(late, "one"), () => renameSync(file, late)]) {
    writeFileSync(file, "");
    // as old as one that an editor or a checkout puts in the place of another
    utimesSync(file, 1, 1);
    save();
    using seen = calls();
    using watch = new FolderWatch(seen.called);
    watch.watch([late], readFromMs);
    await seen.next();
  }
});

test("one that was saved before has not, whatever its date, nor one that is not there", async () => {
  using seen = calls();
  using watch = new FolderWatch(seen.called);
  writeFileSync(file, "one");
  utimesSync(file, YEAR_3000, YEAR_3000);
  await later();
  watch.watch([file, join(folder, "none.ts")], Date.now());
  await settled();
  assert.equal(seen.count, 0);
});

test("what is saved while it is watched is one change, whenever it was read", async () => {
  using seen = calls();
  using watch = new FolderWatch(seen.called);
  const readFromMs = Date.now();
  watch.watch([file], readFromMs);
  await later();
  writeFileSync(file, "one");
  await seen.next();
  watch.watch([file, join(folder, "more.ts")], readFromMs);
  await settled();
  assert.equal(seen.count, 1);
});

test("where the system watches no more folders, the files are looked at", async () => {
  const failing = mock.method(fs, "watch", () => {
    throw Object.assign(new Error("no space left on device, watch"), { code: "ENOSPC" });
  });
  syncBuiltinESMExports();
  using _mended = {
    [Symbol.dispose]: () => {
      failing.mock.restore();
      syncBuiltinESMExports();
    },
  };
  using seen = calls();
  using watch = new FolderWatch(seen.called);
  writeFileSync(file, "");
  await later();
  watch.watch([file, join(folder, "none.ts")], Date.now());
  await new Promise((resolve) => setTimeout(resolve, 3 * LIMITS.watchLookMs));
  assert.equal(seen.count, 0, "nothing has changed");
  writeFileSync(file, "one");
  await seen.next();
  writeFileSync(join(folder, "none.ts"), "one");
  await seen.next();
  assert.equal(seen.count, 2);
});

test("a link that leads to itself has not changed, and is watched", async () => {
  using seen = calls();
  using watch = new FolderWatch(seen.called);
  const link = join(folder, "link.ts");
  symlinkSync(link, link);
  watch.watch([link], 0);
  rmSync(link);
  writeFileSync(link, "one");
  await seen.next();
});

/** In seconds. */
const YEAR_3000 = 32_503_680_000;

/** What is written from now on has a later time: the clock of files ticks in milliseconds. */
async function later(): Promise<void> {
  const probe = join(folder, "probe.txt");
  const sinceMs = Date.now();
  do {
    await new Promise(setImmediate);
    writeFileSync(probe, "");
  } while (Math.floor(statSync(probe).ctimeMs) <= sinceMs);
}
