// What a worker pool is made with, and how it is told to drain.

import type { Logger } from "../../../observe/log.ts";
import type { Metrics } from "../../../observe/metrics.ts";
import type { LimitTables } from "../../../state/limit-tables.ts";
import type { OnStuck } from "./stuck-watch.ts";
import type { ThreadOutput } from "./thread-output.ts";
import type { ThreadInit } from "./worker-thread.ts";

export interface WorkerPoolOptions {
  readonly count: number;
  readonly init: Omit<ThreadInit, "spanWindow">;
  readonly limits: LimitTables;
  readonly logger: Logger;
  readonly output: Omit<ThreadOutput, "onCells">;
  readonly metrics: Metrics;
  readonly onStuck: OnStuck;
  /** A worker is gone, with all that it had under way. @param worker  its index, from 1 */
  readonly onDeath: (worker: number) => void;
}

export interface DrainOptions {
  /** How long open connections may bring one more request. */
  readonly graceMs: number;
  readonly closesTunnels: boolean;
  /** No request begins any more. */
  readonly closed: () => void;
  readonly withinMs: number;
  /** When it resolves, the rest is given up. */
  readonly forced: Promise<unknown>;
}
