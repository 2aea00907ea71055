// Proxies side by side, in short turns one after the other: what a request costs each of them. A
// neighbour on the same physical core makes the same work cost 1.5 times as much, and comes and
// goes within seconds, so it meets turns next to each other alike, and longer runs each in its way.
// Their clients' connections are open all the time: what a new one costs is not in a request.

import { type LoadPlan, load } from "./load.ts";
import { type Answer, type Turn, TurnLoad } from "./turn-load.ts";

/** Counted in a turn: short beside a neighbour's stay. */
const COUNTED_MS = 250;

export interface Rival {
  readonly pid: number;
  /** Its `seconds` are those before the first turn. */
  readonly plan: LoadPlan;
}

export interface TurnOptions {
  readonly rounds: number;
  readonly signal: AbortSignal;
}

/** µs of processor time for a request, of each of them in each round; their children included. */
export async function takeTurns(
  rivals: readonly Rival[],
  { rounds, signal }: TurnOptions,
): Promise<number[][]> {
  const entries: Entry[] = [];
  try {
    for (const { pid, plan } of rivals) {
      await load(plan, signal);
      entries.push({ pid, load: await TurnLoad.start(plan) });
    }
    for (let round = 0; round < rounds; round++) {
      // the other way round in every second one: what changes all the time is nobody's advantage
      for (const entry of round % 2 === 0 ? entries : entries.toReversed()) {
        signal.throwIfAborted();
        await entry.load.turn(entry.pid, COUNTED_MS);
      }
    }
  } catch (error) {
    for (const entry of entries) await entry.load.answers();
    throw error;
  }
  const micros: number[][] = [];
  for (const entry of entries) micros.push(await costsOf(entry.load));
  return micros;
}

interface Entry {
  readonly pid: number;
  readonly load: TurnLoad;
}

async function costsOf(load: TurnLoad): Promise<number[]> {
  const answers = await load.answers();
  const failed = answers.filter(({ status }) => !/^[23]/.test(status));
  if (failed.length > 0) throw new Error(`Cannot compare: ${failed.length} requests failed.`);
  return load.turns.map((turn) => costOf(turn, answers));
}

/** µs of processor time for each answer. */
export function costOf({ fromMs, toMs, processorMs }: Turn, answers: readonly Answer[]): number {
  const { length } = answers.filter(({ endMs }) => endMs >= fromMs && endMs < toMs);
  return (processorMs * 1_000) / Math.max(1, length);
}
