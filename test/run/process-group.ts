// Whether anybody of a process group still runs. A signal alone cannot tell: it also reaches those
// that have ended and wait for their parent to take note, and once the parent is gone that is the
// machine's first process, which in a container may take its time.

import { readdirSync, readFileSync } from "node:fs";

export function isGroupRunning(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch {
    return false;
  }
  const states = statesOf(group);
  return states === null || states.some((state) => state !== "Z" && state !== "X");
}

/** A letter for each process of the group; null where the system has no /proc. */
function statesOf(group: number): string[] | null {
  let names: string[];
  try {
    names = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return null;
  }
  return names.flatMap((name) => {
    const [state = "", , pgrp] = statOf(name);
    return Number(pgrp) === group ? [state] : [];
  });
}

/** `PID (NAME) STATE PARENT GROUP …` without the first two: a name may hold anything. */
function statOf(pid: string): string[] {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, "latin1");
    return line.slice(line.lastIndexOf(")") + 2).split(" ");
  } catch {
    return []; // it has just gone
  }
}
