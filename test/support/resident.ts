// Resident memory of a process and of all below it.

import { readdirSync, readFileSync } from "node:fs";

export function residentMiB(pid: number): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]);
    return childrenOf(pid).reduce(
      (sum, child) => sum + residentMiB(child),
      (pages * 4_096) / 2 ** 20,
    );
  } catch {
    return 0; // it has ended meanwhile
  }
}

/** They hang on the thread that started them. */
function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    const children = readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1").trim();
    return children === "" ? [] : children.split(" ").map(Number);
  });
}
