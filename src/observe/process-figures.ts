// What the operating system knows of this process, under the names that Prometheus' own client
// libraries use (https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics).

import { readdirSync, readFileSync } from "node:fs";
import { version } from "../base/version.ts";
import type { Metrics } from "./metrics.ts";

const VERSION = version();

/** To be called before a scrape. Worker threads are in these figures, processes of cells not. */
export function noteProcess(metrics: Metrics): void {
  const { user, system } = process.cpuUsage();
  metrics.counter("process_cpu_seconds_total").reach((user + system) / 1e6);
  metrics.gauge("process_resident_memory_bytes").set(process.memoryUsage.rss());
  metrics.gauge("process_start_time_seconds").set(STARTED_AT_MS / 1000);
  metrics.gauge("sluice_build_info", VERSION, process.versions.node).set(1);
  const { open, max } = descriptorsOf();
  if (open !== null) metrics.gauge("process_open_fds").set(open);
  if (max !== null) metrics.gauge("process_max_fds").set(max);
}

/** Start of the process, in ms since the epoch. */
export const STARTED_AT_MS = Math.round(Date.now() - process.uptime() * 1000);

export interface Descriptors {
  /** Null: the platform does not say. */
  readonly open: number | null;
  readonly max: number | null;
}

export function descriptorsOf(): Descriptors {
  try {
    // one of them is the folder's own, while it is read
    const open = readdirSync("/proc/self/fd").length - 1;
    const limits = readFileSync("/proc/self/limits", "utf8");
    const max = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
    return { open, max: max === undefined ? null : Number(max) };
  } catch {
    return { open: null, max: null };
  }
}
