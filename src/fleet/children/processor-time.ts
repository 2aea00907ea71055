// How much processor time a process has used, and whether it stands still, as the operating system
// tells. Deadlines need it: on a busy machine an honest hook may wait for the processor longer
// than it may run.

import { readdirSync, readFileSync } from "node:fs";

/** Wrappers around a cell's own process: a shell, a sandbox and its init. */
const DEPTH_MAX = 6;
const PAGE_BYTES = 4_096;
/** Of every Linux that Node runs on. */
const TICK_MS = 10;

export class ProcessorTime {
  readonly #pid: number;
  #leaf = 0;

  constructor(pid: number) {
    this.#pid = pid;
  }

  /** Of the process that runs scripts, once it is known; else of what wraps it. */
  get pid(): number {
    return this.#leaf || this.#pid;
  }

  /** Of its first thread, which is the one that runs scripts. Null: nobody can say. */
  usedMs(): number | null {
    const [usedNs = ""] = this.#read("schedstat")?.split(" ") ?? [];
    return usedNs === "" ? null : Number(usedNs) / 1e6;
  }

  /** Of all its threads, in steps of 10 ms. Null: nobody can say. */
  wholeUsedMs(): number | null {
    const stat = this.#read("stat") ?? "";
    // behind the name, from the state on: the twelfth and the thirteenth, in ticks
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]);
    return Number.isNaN(ticks) ? null : ticks * TICK_MS;
  }

  /** Somebody has stopped it; before it is known, one of those that are wrapped by now. */
  isStopped(): boolean {
    if (this.#leaf !== 0) return isStopped(this.#leaf);
    return wrappedBy(this.#pid).some(isStopped);
  }

  /** Of memory that it alone or with others has. Null: nobody can say. */
  residentBytes(): number | null {
    const pages = this.#read("statm")?.split(" ")[1];
    return pages === undefined ? null : Number(pages) * PAGE_BYTES;
  }

  /** Nothing wraps it any more: it runs. To be called once it has said so. */
  settle(): void {
    this.#leaf = wrappedBy(this.#pid).at(-1) ?? 0;
  }

  /** False: it is not known which process that is, or it is gone. */
  kill(): boolean {
    if (this.#leaf === 0) return false;
    try {
      return process.kill(this.#leaf, "SIGKILL");
    } catch {
      return false;
    }
  }

  #read(file: string): string | null {
    return read(this.pid, file);
  }
}

/** Itself, what it wraps, and so on. */
function wrappedBy(pid: number): number[] {
  const all = [pid];
  for (let depth = 0; depth < DEPTH_MAX; depth++) {
    const child = childOf(all.at(-1) ?? 0);
    if (child === 0) break;
    all.push(child);
  }
  return all;
}

function isStopped(pid: number): boolean {
  const stat = read(pid, "stat") ?? "";
  // the name of the program stands in brackets, and may hold anything
  return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) === "T";
}

/** Null: it is gone, or nobody can say. */
function read(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return null;
  }
}

/** 0: it has none, or nobody can say. */
function childOf(pid: number): number {
  try {
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      const [child = ""] = readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ");
      if (child !== "") return Number(child);
    }
  } catch {
    // not Linux, or it is gone
  }
  return 0;
}
