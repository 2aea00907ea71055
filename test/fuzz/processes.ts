// The processes of a proxy as the system sees them.

import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

/** On a busy machine. */
const WITHIN_MS = 60_000;

export async function until<T>(look: () => T | undefined): Promise<T | undefined> {
  for (const endMs = performance.now() + WITHIN_MS; performance.now() < endMs; await wait(5)) {
    const found = look();
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Processes of this one that are proxies themselves. */
export function servesOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return children.split(" ").map(Number).filter(isServe);
  } catch {
    return [];
  }
}

function isServe(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes("serve");
  } catch {
    return false;
  }
}

export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
