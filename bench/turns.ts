// Proxies side by side, in short turns one after the other: what a request costs each of them. A
// neighbour on the same physical core makes the same work cost 1.5 times as much, and comes and
// goes within seconds, so it meets turns next to each other alike, and longer runs each in its way.

import { sampleCpu } from "./cpu.ts";
import { type LoadPlan, load } from "./load.ts";

/** Short beside a neighbour's stay, long beside the start of a client. */
const TURN_SECONDS = 0.25;

/** Of a client's connection in a turn. */
const REQUESTS_MIN = 2;

export interface Rival {
  readonly pid: number;
  /** Its `seconds` are those before the first turn. */
  readonly plan: LoadPlan;
}

export interface TurnOptions {
  readonly rounds: number;
  readonly signal: AbortSignal;
}

/** µs of processor time for a request, of each of them in each round. */
export async function takeTurns(
  rivals: readonly Rival[],
  { rounds, signal }: TurnOptions,
): Promise<number[][]> {
  const entries: Entry[] = [];
  for (const { pid, plan } of rivals) {
    entries.push({ pid, plan: { ...plan, count: await countOf(plan, signal) }, cpuMicros: [] });
  }
  for (let round = 0; round < rounds; round++) {
    // the other way round in every second one: what changes all the time is nobody's advantage
    const order = round % 2 === 0 ? entries : entries.toReversed();
    for (const entry of order) entry.cpuMicros.push(await turn(entry, signal));
  }
  return entries.map(({ cpuMicros }) => cpuMicros);
}

interface Entry extends Rival {
  readonly cpuMicros: number[];
}

/** How many requests make a turn; its seconds of load warm the proxy up. */
async function countOf(plan: LoadPlan, signal: AbortSignal): Promise<number> {
  const { requestsPerSecond } = await load(plan, signal);
  return Math.max(REQUESTS_MIN * plan.connections, Math.round(requestsPerSecond * TURN_SECONDS));
}

/** The process's children included. */
async function turn({ pid, plan }: Entry, signal: AbortSignal): Promise<number> {
  const before = sampleCpu(pid);
  const { requests, errors } = await load(plan, signal);
  if (errors > 0) throw new Error(`Cannot compare: ${errors} requests failed.`);
  return (sampleCpu(pid).treeMicros - before.treeMicros) / Math.max(1, requests);
}
