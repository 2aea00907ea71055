// Somebody who kills processes of ours that did nothing wrong: the system for want of memory, an
// operator with a pattern that fits too much.

import { readdirSync, readFileSync } from "node:fs";
import { kill } from "./kill.ts";

/**
 * Every Node below this one whose command line has this text, with what it has started: nothing is
 * left behind. What wraps it ends with it. How many of them there were.
 */
export function killBelow(text: string): number {
  const isMeant = (line: string): boolean => /^[^\0]*node\0/.test(line) && line.includes(text);
  const found = descendantsOf(process.pid).filter((pid) => isMeant(read(pid, "cmdline")));
  for (const pid of found.flatMap((one) => [...descendantsOf(one), one])) kill(pid);
  return found.length;
}

function descendantsOf(ancestor: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (Number.isNaN(pid)) continue;
    const stat = read(pid, "stat");
    // behind the name, which may hold anything: the state, the parent
    parents.set(pid, Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid) ?? 0;
    return parent === ancestor || (parent > 1 && isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow);
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

/** Whatever of them there is, until the work ends as it may. How many there were. */
export async function killBelowDuring(text: string, work: Promise<unknown>): Promise<number> {
  const state = { isOver: false, killed: 0 };
  const over = (): void => {
    state.isOver = true;
  };
  work.then(over, over);
  while (!state.isOver) {
    state.killed += killBelow(text);
    await new Promise(setImmediate);
  }
  return state.killed;
}
