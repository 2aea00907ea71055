// One run of the client: h2load, speaking HTTP/1.1 or HTTP/2, against a port. In a closed loop a
// connection asks again once it is answered; at a fixed rate each asks in its turn. What every
// single request took is in a file that h2load writes.

import { execFile } from "node:child_process";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { HeadName } from "./heads.ts";
import { HEADS } from "./heads.ts";
import { Percentiles } from "./percentiles.ts";

const run = promisify(execFile);

export type Protocol = "http1" | "http2";

export interface LoadPlan {
  readonly port: number;
  readonly core: number;
  readonly connections: number;
  readonly head: HeadName;
  readonly seconds: number;
  /** Requests a second of all connections together; left out or 0: a closed loop. */
  readonly rate?: number;
  /** Left out: HTTP/1.1. Over TLS it is agreed on by ALPN. */
  readonly protocol?: Protocol;
  readonly isSecure?: boolean;
  /** Requests of one connection at once; left out: 1. */
  readonly streams?: number;
  /** Header lines besides those of the head. */
  readonly headers?: readonly string[];
}

export interface LoadResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  /** Requests that failed or timed out, and answers other than 2xx and 3xx. */
  readonly errors: number;
}

/** h2load never ends clients whose handshake was under way when its time was over. */
const LATE_SECONDS_MAX = 15;

export async function load(plan: LoadPlan, signal: AbortSignal): Promise<LoadResult> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-load-"));
  try {
    const times = join(folder, "times");
    const args = ["-c", String(plan.core), ...commandOf(plan, times)];
    const timeout = (plan.seconds + LATE_SECONDS_MAX) * 1_000;
    const { stdout } = await run("taskset", args, { signal, timeout, maxBuffer: 4_194_304 });
    return { ...parseH2load(stdout), ...(await readTimes(times)).summary() };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function commandOf(plan: LoadPlan, times: string): string[] {
  const { connections, seconds, rate = 0 } = plan;
  const pace = rate === 0 ? [] : [`--rps=${rate / connections}`];
  const size = [`-c${connections}`, `-D${seconds}`, ...pace, `--log-file=${times}`];
  return ["h2load", ...size, ...requestOf(plan)];
}

/** At once; each makes one request on a connection of its own. */
const HANDSHAKES_AT_ONCE = 250;

/**
 * New connections over TLS, each with its full handshake and one request: h2load resumes no
 * session. Returns how many there were.
 */
export async function handshakes(
  of: Pick<LoadPlan, "port" | "core" | "protocol">,
  count: number,
  signal: AbortSignal,
): Promise<number> {
  for (let done = 0; done < count; done += HANDSHAKES_AT_ONCE) {
    const size = [`-n${HANDSHAKES_AT_ONCE}`, `-c${HANDSHAKES_AT_ONCE}`];
    const asked = requestOf({ ...of, head: "small", isSecure: true });
    const command = ["-c", `${of.core}`, "h2load", ...size, ...asked];
    const { stdout } = await run("taskset", command, { signal });
    const { errors } = parseH2load(stdout);
    if (errors > 0) throw new Error(`Cannot connect: ${errors} connections failed.`);
  }
  return count;
}

/** What is asked, and how, but for how often. */
export function requestOf(plan: Omit<LoadPlan, "seconds" | "connections">): string[] {
  const { port, head, protocol = "http1", isSecure = false, streams = 1, headers = [] } = plan;
  const lines = [...headOf(head, protocol), ...headers].flatMap((line) => ["-H", line]);
  const how = protocol === "http1" ? ["--h1"] : [`-m${streams}`];
  return [...how, "-t1", ...lines, `http${isSecure ? "s" : ""}://127.0.0.1:${port}/`];
}

/** HTTP/2 has no fields of a connection (RFC 9113 section 8.2.2). */
const headOf = (head: HeadName, protocol: Protocol): readonly string[] =>
  protocol === "http1" ? HEADS[head] : HEADS[head].filter((line) => !line.startsWith("Connection"));

/** Throws when the output lacks what a run must print. */
export function parseH2load(
  output: string,
): Pick<LoadResult, "requests" | "requestsPerSecond" | "errors"> {
  const [, perSecond] = find(output, /^finished in [\d.]+m?s, ([\d.]+) req\/s/m);
  const [, succeeded, failed] = find(output, /(\d+) succeeded, (\d+) failed/);
  const [, refused4, refused5] = find(output, /(\d+) 4xx, (\d+) 5xx/);
  return {
    requests: Number(succeeded),
    requestsPerSecond: Number(perSecond),
    errors: Number(failed) + Number(refused4) + Number(refused5),
  };
}

function find(output: string, pattern: RegExp): RegExpExecArray {
  const match = pattern.exec(output);
  if (match === null) throw new Error(`Cannot read h2load's output: no ${pattern} in:\n${output}`);
  return match;
}

/** Lines of start (µs since the epoch), status and µs until the end of the answer. */
async function readTimes(path: string): Promise<Percentiles> {
  const times = new Percentiles();
  await using file = await open(path);
  for await (const line of file.readLines()) {
    const [, status = "-1", micros = ""] = line.split("\t");
    if (status !== "-1") times.add(Number(micros));
  }
  return times;
}
