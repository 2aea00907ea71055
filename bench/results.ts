// The shape of bench/results.json, and how the runs of one kind become one line of it.

import type { HeadName } from "./heads.ts";
import type { LoadResult } from "./load.ts";
import { median, type Pairs } from "./ratios.ts";

/** One run of the client against one contestant. */
export interface Run extends LoadResult {
  readonly contestant: string;
  readonly head: HeadName;
  readonly connections: number;
  /** Requests a second that the client was to send; 0: as many as were answered. */
  readonly rate: number;
  /** What speaks against it, from 0 to 1: noise around it, and what others used meanwhile. */
  readonly noise: number;
  /** Load of the proxy's processes, its core and the client's core, from 0 to 1. */
  readonly proxyLoad: number;
  readonly proxyCoreLoad: number;
  readonly clientCoreLoad: number;
  /** Processor time that the proxy took for a request: holds even when others disturb the run. */
  readonly cpuMicros: number;
  /** Requests that the origin got for each that the client counted: 1, or something is wrong. */
  readonly forwarded: number;
}

/** The medians of all runs with the same contestant, head and connections. */
export interface Line extends Omit<Run, "requests"> {
  readonly runs: number;
  readonly slowest: number;
  readonly fastest: number;
}

/** What is asked in a run or a turn. */
export type RequestKind = Pick<Run, "head" | "connections" | "rate">;

/** Two contestants with a goal, in short turns, once both had run alone. */
export interface PairsOfKind extends Pairs, RequestKind {}

export interface Failure {
  readonly contestant: string;
  readonly message: string;
}

export interface Results {
  readonly date: string;
  readonly command: string;
  readonly machine: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly rounds: number;
  readonly lines: readonly Line[];
  readonly failures: readonly Failure[];
  readonly runs: readonly Run[];
  readonly pairs: readonly PairsOfKind[];
}

/** In the order in which the kinds of runs first appear. */
export function summarise(runs: readonly Run[]): Line[] {
  const kinds = Map.groupBy(
    runs,
    (run) => `${run.contestant} ${run.head} ${run.connections} ${run.rate}`,
  );
  return [...kinds.values()].map(toLine);
}

function toLine(runs: readonly Run[]): Line {
  const [first] = runs;
  if (first === undefined) throw new Error("Cannot summarise no runs.");
  const middle = (pick: (run: Run) => number): number => median(runs.map(pick));
  return {
    contestant: first.contestant,
    head: first.head,
    connections: first.connections,
    rate: first.rate,
    noise: Math.max(...runs.map((run) => run.noise)),
    requestsPerSecond: middle((run) => run.requestsPerSecond),
    p50Ms: middle((run) => run.p50Ms),
    p90Ms: middle((run) => run.p90Ms),
    p99Ms: middle((run) => run.p99Ms),
    p999Ms: middle((run) => run.p999Ms),
    errors: runs.reduce((sum, run) => sum + run.errors, 0),
    proxyLoad: middle((run) => run.proxyLoad),
    proxyCoreLoad: middle((run) => run.proxyCoreLoad),
    clientCoreLoad: middle((run) => run.clientCoreLoad),
    cpuMicros: middle((run) => run.cpuMicros),
    forwarded: Math.min(...runs.map((run) => run.forwarded)),
    runs: runs.length,
    slowest: Math.min(...runs.map((run) => run.requestsPerSecond)),
    fastest: Math.max(...runs.map((run) => run.requestsPerSecond)),
  };
}

/** What others used of the proxy's core. */
export function foreignLoad(run: Pick<Run, "proxyCoreLoad" | "proxyLoad">): number {
  return Math.max(0, run.proxyCoreLoad - run.proxyLoad);
}

/** Noise above which a run says little about the proxy, and is measured again. */
export const NOISE_MAX = 0.1;
