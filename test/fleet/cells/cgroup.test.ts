// Control groups for cells, on a folder that looks like the kernel's: what is written where, and
// why there are none.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { CellGroup, findCellGroups } from "../../../src/fleet/cells/cgroup.ts";

const PID = 4_711;
const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A hierarchy in which a process is in `/unit/…`, with these files in `/unit`. */
function places(files: Readonly<Record<string, string>>, path = "/unit") {
  const root = mkdtempSync(join(tmpdir(), "sluice-cgroup-"));
  folders.push(root);
  mkdirSync(join(root, path), { recursive: true });
  const self = join(root, "self");
  writeFileSync(self, `1:name=systemd:/\n0::${path}\n`);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, "unit", name), text);
  return { root, self, pid: PID };
}

const isCell = (name: string): boolean => name.startsWith("cell-");

const DELEGATED = {
  "cgroup.controllers": "cpu memory pids\n",
  "cgroup.subtree_control": "\n",
  "cgroup.procs": `${PID}\n`,
};

test("a process that is alone in its group goes into a leaf, and its cells get bounds", () => {
  const at = places(DELEGATED);
  const groups = findCellGroups(at);
  assert.deepEqual(groups, { folder: join(at.root, "unit") });
  const read = (name: string): string => readFileSync(join(at.root, "unit", name), "utf8");
  assert.equal(read("proxy/cgroup.procs"), String(PID));
  assert.equal(read("cgroup.subtree_control"), "+memory");
  const group = CellGroup.open(groups, "3", 1_000_000);
  group?.add(42);
  assert.equal(read("cell-3/memory.max"), "1000000");
  assert.equal(read("cell-3/cgroup.procs"), "42");
});

test("a successor, in its predecessor's leaf, makes groups beside it", () => {
  const at = places({ "cgroup.subtree_control": "memory\n" }, "/unit/proxy");
  writeFileSync(join(at.root, "unit/proxy/cgroup.controllers"), "memory\n");
  writeFileSync(join(at.root, "unit/proxy/cgroup.procs"), `4700\n${PID}\n`);
  assert.deepEqual(findCellGroups(at), { folder: join(at.root, "unit") });
});

test("a successor leaves the groups of its predecessor's cells, also those that still start", () => {
  const at = places({ "cgroup.subtree_control": "memory\n" }, "/unit/proxy");
  writeFileSync(join(at.root, "unit/proxy/cgroup.controllers"), "memory\n");
  writeFileSync(join(at.root, "unit/proxy/cgroup.procs"), `4700\n${PID}\n`);
  for (const name of ["cell-4700-8", "cell-470-1"]) mkdirSync(join(at.root, "unit", name));
  findCellGroups(at);
  assert.deepEqual(readdirSync(join(at.root, "unit")).filter(isCell), ["cell-4700-8"]);
});

test("a cell that the kernel ended for its memory is told from one that somebody killed", () => {
  const groups = findCellGroups(places(DELEGATED));
  const group = CellGroup.open(groups, "3", 1_000_000);
  assert.ok(group !== null && "folder" in groups);
  const events = join(groups.folder, "cell-3/memory.events");
  writeFileSync(events, "low 0\nmax 17\noom 0\noom_kill 0\n");
  assert.equal(group.hasRunOut(), false);
  writeFileSync(events, "low 0\nmax 17\noom 1\noom_kill 1\n");
  assert.equal(group.hasRunOut(), true);
});

test("where there can be none, the reason is a sentence", () => {
  const shared = places({ ...DELEGATED, "cgroup.procs": `1\n${PID}\n` });
  const unbounded = places({ ...DELEGATED, "cgroup.controllers": "cpu pids\n" });
  const old = places(DELEGATED);
  writeFileSync(old.self, "4:memory:/\n");
  const bare = places({});
  const closed = places({ "cgroup.controllers": "memory\n" });
  for (const [at, reason] of [
    [shared, /^other processes are in \/unit$/],
    [unbounded, /^version 2 of them does not bound memory here$/],
    [old, /^version 2 of them is not in use$/],
    [bare, /^version 2 of them is not mounted at \//],
    [closed, /^this process may make none \(ENOENT: /],
  ] as const) {
    const groups = findCellGroups(at);
    assert.ok("missing" in groups);
    assert.match(groups.missing, reason);
    assert.equal(CellGroup.open(groups, "1", 1), null);
  }
});
