// What a job leaves running: processes of its group, and those that have left the group but have
// its mark in their environment. A signal alone cannot tell whether somebody runs: it also reaches
// those that have ended and wait for their parent to take note, and once the parent is gone that is
// the machine's first process, which in a container may take its time.

import { readdirSync, readFileSync } from "node:fs";

/** Process groups that are alive: they are not this process's, so a Ctrl-C does not reach them. */
const groups = new Set<number>();

export const addGroup = (group: number): unknown => groups.add(group);

/** Ends whoever is left of it. */
export function endGroup(group: number): void {
  signal(-group, "SIGKILL");
  groups.delete(group);
}

export function endAllGroups(): void {
  for (const group of groups) endGroup(group);
}

/** To a process, or with a minus to its group. False if there is nobody any more. */
export function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

export function isGroupRunning(group: number): boolean {
  if (!signal(-group, 0)) return false;
  const states = statesOf(group);
  return states === null || states.some((state) => state !== "Z" && state !== "X");
}

/** Who has this in its environment; nobody where the system has no /proc. */
export function withEnvironment(mark: string): number[] {
  return allProcesses().filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, "latin1").includes(mark);
    } catch {
      return false; // it is another user's, or has just gone
    }
  });
}

/** A letter for each process of the group; null where the system has no /proc. */
function statesOf(group: number): string[] | null {
  const pids = allProcesses();
  if (pids.length === 0) return null;
  return pids.flatMap((pid) => {
    const [state = "", , pgrp] = statOf(pid);
    return Number(pgrp) === group ? [state] : [];
  });
}

function allProcesses(): number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** `PID (NAME) STATE PARENT GROUP …` without the first two: a name may hold anything. */
function statOf(pid: number): string[] {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, "latin1");
    return line.slice(line.lastIndexOf(")") + 2).split(" ");
  } catch {
    return []; // it has just gone
  }
}
