// A control group for each cell, where this process may make some. The kernel then ends a cell
// that exceeds its memory at once, and not only when the next look finds it. This works with
// version 2 alone, and only in a group that holds no other process; systemd gives such a group to
// a unit with `Delegate=memory`.
//
//     …/sluice.service/            ours; its children may have bounds for memory
//     ├─ proxy/                    this process: a group that bounds its children holds none itself
//     └─ cell-4711-3/              cell 3 of process 4711: memory.max, and memory.events afterwards

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Logger } from "../../observe/log.ts";

/** Where this process may make groups; or why it may not, as a sentence for the log. */
export type CellGroups = { readonly folder: string } | { readonly missing: string };

export interface CgroupPlaces {
  /** Where version 2 is mounted. */
  readonly root: string;
  /** What the system says of this process: /proc/self/cgroup. */
  readonly self: string;
  readonly pid: number;
}

/** The proxy's own leaf. */
const OWN = "proxy";
const SYSTEM = { root: "/sys/fs/cgroup", self: "/proc/self/cgroup", pid: process.pid };

let found: CellGroups | null = null;
let isSaid = false;

/** Looks for this machine's, once: before this process has children, who would be others there. */
export function claimCellGroups(): CellGroups {
  found ??= findCellGroups(SYSTEM);
  return found;
}

/** What was found then; the log says it when the first cell starts. */
export function cellGroups(logger: Logger): CellGroups {
  const groups = claimCellGroups();
  if (isSaid) return groups;
  isSaid = true;
  if ("missing" in groups) {
    logger.info(`cells have no control group, so their memory is looked at: ${groups.missing}`);
  } else {
    logger.info({ folder: groups.folder }, "cells have a control group each");
  }
  return groups;
}

export function findCellGroups({ root, self, pid }: CgroupPlaces): CellGroups {
  try {
    const path = /^0::(\/.*)$/m.exec(readFileSync(self, "utf8"))?.[1];
    if (path === undefined) return { missing: "version 2 of them is not in use" };
    const own = join(root, path);
    if (!existsSync(join(own, "cgroup.controllers"))) {
      return { missing: `version 2 of them is not mounted at ${root}` };
    }
    if (!words(join(own, "cgroup.controllers")).includes("memory")) {
      return { missing: "version 2 of them does not bound memory here" };
    }
    const folder = basename(own) === OWN ? dirname(own) : own;
    if (!words(join(folder, "cgroup.subtree_control")).includes("memory")) {
      const others = words(join(folder, "cgroup.procs")).filter((one) => Number(one) !== pid);
      if (others.length > 0) return { missing: `other processes are in ${path}` };
      mkdirSync(join(folder, OWN), { recursive: true });
      writeFileSync(join(folder, OWN, "cgroup.procs"), String(pid));
      writeFileSync(join(folder, "cgroup.subtree_control"), "+memory");
    }
    removeEmpty(folder);
    return { folder };
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : "unknown";
    return { missing: `this process may make none (${reason})` };
  }
}

/** The group of one cell, bounded before anything is in it. */
export class CellGroup {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Null: there are none, or it cannot be made now. */
  static open(groups: CellGroups, name: string, memoryBytes: number): CellGroup | null {
    if ("missing" in groups) return null;
    const folder = join(groups.folder, `cell-${name}`);
    try {
      mkdirSync(folder);
      writeFileSync(join(folder, "memory.max"), String(memoryBytes));
    } catch {
      return null;
    }
    try {
      writeFileSync(join(folder, "memory.swap.max"), "0");
    } catch {
      // nobody counts swap here
    }
    return new CellGroup(folder);
  }

  /** What it has taken before stays with the group that it comes from. */
  add(pid: number): void {
    try {
      writeFileSync(join(this.#folder, "cgroup.procs"), String(pid));
    } catch {
      // it has ended meanwhile, or has no such bound: then its memory is looked at
    }
  }

  /** Whether the kernel has ended something in it because its memory was all taken. */
  hasRunOut(): boolean {
    try {
      const events = readFileSync(join(this.#folder, "memory.events"), "utf8");
      return /^oom_kill [1-9]/m.test(events);
    } catch {
      return false;
    }
  }

  /** Nothing is in it any more. */
  close(): void {
    try {
      rmdirSync(this.#folder);
    } catch {
      // whoever starts next removes it
    }
  }
}

const words = (file: string): string[] => readFileSync(file, "utf8").split(/\s+/).filter(Boolean);

/**
 * Groups of processes that could not remove them. Those of a predecessor stay: one of a cell that
 * starts holds nobody yet.
 */
function removeEmpty(folder: string): void {
  const leaf = join(folder, OWN);
  const proxies = words(join(existsSync(leaf) ? leaf : folder, "cgroup.procs"));
  for (const name of readdirSync(folder)) {
    const owner = /^cell-(\d+)-/.exec(name)?.[1];
    if (owner === undefined || proxies.includes(owner)) continue;
    try {
      rmdirSync(join(folder, name));
    } catch {
      // somebody is in it
    }
  }
}
