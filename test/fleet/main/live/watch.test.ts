// Watching the files that a proxy was made of.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
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
  watch.watch([file]);
  for (let i = 0; i < 20; i++) writeFileSync(file, `${i}`);
  await seen.next();
  await settled();
  assert.equal(seen.count, 1);
});

test("a file that an editor replaced twice is seen both times", async () => {
  using seen = calls();
  using watch = new FolderWatch(seen.called);
  writeFileSync(file, "");
  watch.watch([file]);
  for (const text of ["one", "two"]) {
    writeFileSync(`${file}~`, text);
    renameSync(`${file}~`, file);
    await seen.next();
  }
});

test("a log that grows beside it is no change", async () => {
  using seen = calls();
  using watch = new FolderWatch(seen.called);
  watch.watch([file]);
  writeFileSync(join(folder, "access.log"), "line\n");
  await settled();
  assert.equal(seen.count, 0);
  writeFileSync(file, "now");
  await seen.next();
});

test("a folder that is not there is no error", () => {
  using watch = new FolderWatch(() => {});
  watch.watch([join(folder, "nowhere", "main.ts")]);
});

test("a folder that comes later, or takes another's place, is watched", async () => {
  using seen = calls();
  using watch = new FolderWatch(seen.called);
  const lib = join(folder, "lib");
  const part = join(lib, "part.ts");
  watch.watch([part]);
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
