// Somebody who kills processes of ours that did nothing wrong: the system for want of memory, an
// operator with a pattern that fits too much.

import { readdirSync, readFileSync } from "node:fs";

/** Every process below this one whose command line has this text. How many there were. */
export function killBelow(text: string): number {
  let killed = 0;
  for (const pid of descendantsOf(process.pid)) {
    if (!read(pid, "cmdline").includes(text)) continue;
    try {
      process.kill(pid, "SIGKILL");
      killed++;
    } catch {
      // it has ended meanwhile
    }
  }
  return killed;
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
