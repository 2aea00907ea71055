// How busy cores and processes are, from /proc. Linux only, like the rest of the bench.

import { readdirSync, readFileSync } from "node:fs";

export interface CoreTimes {
  readonly busyTicks: number;
  readonly totalTicks: number;
}

/** A moment: what every core and one process tree have used so far. */
export interface CpuSample {
  readonly atMs: number;
  readonly cores: readonly CoreTimes[];
  readonly treeMicros: number;
}

export function sampleCpu(pid: number): CpuSample {
  return {
    atMs: performance.now(),
    cores: parseCores(readFileSync("/proc/stat", "utf8")),
    treeMicros: treeOf(pid).reduce((sum, each) => sum + microsOf(each), 0),
  };
}

/** Share of its time that a core was busy between two samples, from 0 to 1. */
export function coreLoad(core: number, before: CpuSample, after: CpuSample): number {
  const first = before.cores[core];
  const last = after.cores[core];
  if (first === undefined || last === undefined || last.totalTicks === first.totalTicks) return 0;
  return (last.busyTicks - first.busyTicks) / (last.totalTicks - first.totalTicks);
}

/** Share of one core that the process tree used between two samples. */
export function treeLoad(before: CpuSample, after: CpuSample): number {
  const micros = (after.atMs - before.atMs) * 1000;
  return micros === 0 ? 0 : (after.treeMicros - before.treeMicros) / micros;
}

/** Times of each core of /proc/stat: `cpu0 user nice system idle iowait irq softirq steal …`. */
export function parseCores(stat: string): CoreTimes[] {
  return [...stat.matchAll(/^cpu\d+ (.*)$/gm)].map((line) => {
    const times = (line[1] ?? "").split(" ").slice(0, 8).map(Number);
    const totalTicks = times.reduce((sum, time) => sum + time, 0);
    return { totalTicks, busyTicks: totalTicks - (times[3] ?? 0) - (times[4] ?? 0) };
  });
}

/** The process and everything below it. Empty if it is gone. */
export function treeOf(pid: number): number[] {
  const found: number[] = [];
  const rest = [pid];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const threads = threadsOf(next);
    if (threads.length === 0) continue;
    found.push(next);
    for (const thread of threads) rest.push(...childrenOf(next, thread));
  }
  return found;
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** Children hang on the thread that started them. */
function childrenOf(pid: number, thread: string): number[] {
  const children = read(`/proc/${pid}/task/${thread}/children`) ?? "";
  return children
    .split(" ")
    .filter((child) => child.trim() !== "")
    .map(Number);
}

/**
 * Time on a processor of all threads that live: the scheduler has it in nanoseconds, where the
 * clock of /proc/PID/stat ticks every 10 ms. What a thread used that has ended is lost.
 */
function microsOf(pid: number): number {
  return threadsOf(pid).reduce((sum, thread) => {
    const stat = read(`/proc/${pid}/task/${thread}/schedstat`);
    return sum + Number(stat?.split(" ")[0] ?? 0) / 1000;
  }, 0);
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
