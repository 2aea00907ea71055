// One run of the client: wrk against a port with a number of connections, and what it counted.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { HeadName } from "./heads.ts";
import { HEADS } from "./heads.ts";

const run = promisify(execFile);

export interface LoadPlan {
  readonly port: number;
  readonly core: number;
  readonly connections: number;
  readonly head: HeadName;
  readonly seconds: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Failed connects, reads and writes, timeouts, and answers other than 2xx and 3xx. */
  readonly errors: number;
}

export async function load(plan: LoadPlan, signal: AbortSignal): Promise<LoadResult> {
  const headers = HEADS[plan.head].flatMap((line) => ["-H", line]);
  const wrk = ["wrk", "-t1", `-c${plan.connections}`, `-d${plan.seconds}s`, "--latency"];
  const target = `http://127.0.0.1:${plan.port}/`;
  const args = ["-c", String(plan.core), ...wrk, ...headers, target];
  const { stdout } = await run("taskset", args, { signal });
  return parseWrk(stdout);
}

/** Throws when the output lacks what a run must print. */
export function parseWrk(output: string): LoadResult {
  const socketErrors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(
    output,
  );
  const badAnswers = /Non-2xx or 3xx responses: (\d+)/.exec(output);
  const errors = [...(socketErrors?.slice(1) ?? []), badAnswers?.[1] ?? "0"];
  return {
    requests: Number(find(output, /(\d+) requests in /)[1]),
    requestsPerSecond: Number(find(output, /Requests\/sec:\s+([\d.]+)/)[1]),
    p50Ms: toMs(find(output, /^\s+50%\s+([\d.]+)(us|ms|s|m)\s*$/m)),
    p99Ms: toMs(find(output, /^\s+99%\s+([\d.]+)(us|ms|s|m)\s*$/m)),
    errors: errors.reduce((sum, count) => sum + Number(count), 0),
  };
}

function find(output: string, pattern: RegExp): RegExpExecArray {
  const match = pattern.exec(output);
  if (match === null) throw new Error(`Cannot read wrk's output: no ${pattern} in:\n${output}`);
  return match;
}

const UNIT_MS = new Map([
  ["us", 0.001],
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
]);

function toMs(match: RegExpExecArray): number {
  return Number(match[1]) * (UNIT_MS.get(match[2] ?? "") ?? Number.NaN);
}
