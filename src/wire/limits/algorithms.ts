// How each algorithm decides, as a function of a key's state and the time; and how full a key is,
// for whoever needs its slot. A turn's time may be older than what another thread wrote: then the
// later of the two counts.

import { atomicCompareExchange, atomicLoad } from "../atomics.ts";
import { engineMs, firstOf, nodesOf } from "./cluster.ts";
import { type LimitMemory, RING } from "./layout.ts";
import { LOW_COUNT, readState, type State, stateOf } from "./state.ts";

/** `inFlight` knows no time: the host counts, as long as requests last (state/limit-holds.ts). */
export const ALGORITHM = {
  fixedWindow: 1,
  slidingWindow: 2,
  tokenBucket: 3,
  inFlight: 4,
  /** A fixed window of all proxies. */
  clusterWindow: 5,
} as const;

export const ALGORITHMS = 5;

export interface LimitRule {
  /** Of `ALGORITHM`. */
  readonly algorithm: number;
  readonly limit: number;
  readonly windowMs: number;
  /** Of a token bucket: how many at once. */
  readonly burst: number;
}

/** One question and its answer, used again and again: a decision makes no garbage of its own. */
export interface Decision {
  readonly memory: LimitMemory;
  rule: LimitRule;
  /** On the clock of the machine, which all its threads and processes share: whole ms, … */
  nowMs: number;
  /** … and 2^-20 parts of one. */
  nowParts: number;
  count: number;
  /** The key's slot: its first 64-bit word, and the bits by which its states are known. */
  at: number;
  check: number;
  isAllowed: boolean;
  remaining: number;
  retryAfterMs: number;
  /** The state that makes it so, if it is allowed. */
  next: bigint;
}

export const newDecision = (memory: LimitMemory, rule: LimitRule): Decision => ({
  ...{ memory, rule, nowMs: 0, nowParts: 0, count: 1, at: 0, check: 0 },
  ...{ isAllowed: false, remaining: 0, retryAfterMs: 0, next: 0n },
});

const STATE_AT = 1;
const ENTRIES_AT = 2;
const ENTRIES = RING + 1;

const state: State = { time: 0, low: 0, check: 0 };
const { ceil, floor, max } = Math;

/** The answer, from the state that the slot was read with. */
export function decide(decision: Decision, was: bigint): void {
  readState(was, state);
  // another key's, that had this slot before
  if (state.check !== decision.check) state.time = state.low = 0;
  const { algorithm } = decision.rule;
  if (algorithm === ALGORITHM.fixedWindow) decideFixed(decision);
  else if (algorithm === ALGORITHM.tokenBucket) decideBucket(decision);
  else if (algorithm === ALGORITHM.clusterWindow) decideCluster(decision);
  else decideSliding(decision);
}

/** False: somebody else has decided meanwhile, or the slot is another key's. */
export const enact = ({ memory, at, next }: Decision, was: bigint): boolean =>
  atomicCompareExchange(memory.slots, at + STATE_AT, was, next) === was;

export const stateAt = ({ slots }: LimitMemory, at: number): bigint =>
  atomicLoad(slots, at + STATE_AT);

function answer(decision: Decision, used: number, limit: number): void {
  decision.isAllowed = used + decision.count <= limit;
  decision.remaining = max(0, limit - used - (decision.isAllowed ? decision.count : 0));
  decision.retryAfterMs = 0;
}

/** A window begins with the first request after the last one. */
function decideFixed(decision: Decision): void {
  const { rule, nowMs } = decision;
  const isOver = state.time === 0 || nowMs - state.time >= rule.windowMs;
  const startMs = isOver ? nowMs : state.time;
  const used = isOver ? 0 : state.low;
  answer(decision, used, rule.limit);
  if (decision.isAllowed) decision.next = stateOf(startMs, used + decision.count, decision.check);
  else decision.retryAfterMs = max(1, startMs + rule.windowMs - nowMs);
}

/** The state: the window's number, and what this proxy has let through; behind it what it may. */
function decideCluster(decision: Decision): void {
  const { rule, nowMs, memory, at, check } = decision;
  const { cluster } = memory;
  if (nodesOf(cluster) === 0) return decideFixed(decision);
  const { windowMs, limit } = rule;
  const atMs = engineMs(cluster, nowMs);
  const number = max(floor(atMs / windowMs), state.time);
  const used = state.time === number ? state.low : 0;
  readState(atomicLoad(memory.slots, at + ENTRIES_AT), entry);
  const isHeard = entry.check === check && entry.time === number;
  const most = isHeard ? entry.low : firstOf(cluster, limit, number * windowMs);
  answer(decision, used, most);
  if (decision.isAllowed) decision.next = stateOf(number, used + decision.count, check);
  else decision.retryAfterMs = max(1, ceil((number + 1) * windowMs - atMs));
}

/**
 * GCRA: the state is when the bucket will be full again. What one request takes is rounded up: by
 * 0.1 % at a million in a second.
 */
function decideBucket(decision: Decision): void {
  const { rule, nowMs, nowParts, count } = decision;
  const each = partsOf(rule);
  const depth = rule.burst * each;
  const owed = owedParts(decision);
  const then = owed + count * each;
  decision.isAllowed = then <= depth;
  decision.remaining = max(0, floor((depth - (decision.isAllowed ? then : owed)) / each));
  decision.retryAfterMs = 0;
  if (decision.isAllowed) {
    const parts = nowParts + then;
    const low = parts % LOW_COUNT;
    decision.next = stateOf(nowMs + (parts - low) / LOW_COUNT, low, decision.check);
  } else decision.retryAfterMs = max(1, ceil((then - depth) / LOW_COUNT));
}

const partsOf = ({ windowMs, limit }: LimitRule): number => ceil((windowMs * LOW_COUNT) / limit);

/** What has been taken and has not come back yet. */
const owedParts = ({ nowMs, nowParts }: Decision): number =>
  max(0, (state.time - nowMs) * LOW_COUNT + (state.low - nowParts));

/**
 * A ring of sub-windows, the oldest counted whole. The state has the number of all requests so far;
 * an entry has what that was when its sub-window began. Entries are written before the state says
 * so, by whoever moves it on: the largest is what it was when that happened.
 */
function decideSliding(decision: Decision): void {
  const { rule, nowMs } = decision;
  const subMs = subWindowMs(rule);
  const before = state.time;
  const total = before === 0 ? 0 : state.low;
  const sub = max(subWindowAt(nowMs, subMs), before);
  const used = usedInRing(decision, { before, total, sub });
  answer(decision, used, rule.limit);
  if (!decision.isAllowed) {
    const from = firstFit(decision, { before, total, sub });
    decision.retryAfterMs = max(1, (from - 1 + RING) * subMs - nowMs);
    return;
  }
  if (before === 0) noteEntry(decision, sub, 0);
  else
    for (let one = max(before + 1, sub - RING); one <= sub; one++) noteEntry(decision, one, total);
  decision.next = stateOf(sub, (total + decision.count) % LOW_COUNT, decision.check);
}

/** From 1: 0 is none. */
const subWindowAt = (nowMs: number, subMs: number): number => floor(nowMs / subMs) + 1;

const subWindowMs = ({ windowMs }: LimitRule): number => ceil(windowMs / RING);

interface Ring {
  /** Sub-window of the state; 0: there is none. */
  readonly before: number;
  readonly total: number;
  /** The one that it is now. */
  readonly sub: number;
}

function usedInRing(decision: Decision, { before, total, sub }: Ring): number {
  for (let one = sub - RING; one <= before; one++) {
    const used = usedSince(decision, one, total);
    if (used >= 0) return used;
  }
  return 0;
}

/** The first sub-window since whose beginning there is room enough. */
function firstFit(decision: Decision, { before, total, sub }: Ring): number {
  for (let one = sub - RING + 1; one <= before; one++) {
    const used = usedSince(decision, one, total);
    if (used >= 0 && used + decision.count <= decision.rule.limit) return one;
  }
  return max(before, sub - RING) + 1;
}

const entry: State = { time: 0, low: 0, check: 0 };

const entryAt = (at: number, sub: number): number => at + ENTRIES_AT + (sub % ENTRIES);

/** Requests since that sub-window began; -1: it is not known. */
function usedSince({ memory, at, check }: Decision, sub: number, total: number): number {
  if (sub < 0) return -1;
  readState(atomicLoad(memory.slots, entryAt(at, sub)), entry);
  if (entry.check !== check || entry.time !== sub) return -1;
  const used = (total - entry.low + LOW_COUNT) % LOW_COUNT;
  return used < LOW_COUNT / 2 ? used : 0;
}

function noteEntry({ memory, at, check }: Decision, sub: number, total: number): void {
  const place = entryAt(at, sub);
  const next = stateOf(sub, total, check);
  for (;;) {
    const was = atomicLoad(memory.slots, place);
    readState(was, entry);
    if (entry.check === check) {
      if (entry.time > sub) return;
      const isOlder = (total - entry.low + LOW_COUNT) % LOW_COUNT >= LOW_COUNT / 2;
      if (entry.time === sub && (isOlder || total === entry.low)) return;
    }
    if (atomicCompareExchange(memory.slots, place, was, next) === was) return;
  }
}

/** From 0, as good as empty, to 1. The slot need not be that of `decision` before. */
export function fullness(decision: Decision): number {
  readState(stateAt(decision.memory, decision.at), state);
  if (state.check !== decision.check || state.time === 0) return 0;
  const { rule, nowMs } = decision;
  if (rule.algorithm === ALGORITHM.fixedWindow) {
    return nowMs - state.time >= rule.windowMs ? 0 : state.low / rule.limit;
  }
  if (rule.algorithm === ALGORITHM.tokenBucket) {
    return owedParts(decision) / (rule.burst * partsOf(rule));
  }
  if (rule.algorithm === ALGORITHM.clusterWindow) return fullnessOfCluster(decision);
  const before = state.time;
  const total = state.low;
  const sub = max(subWindowAt(nowMs, subWindowMs(rule)), before);
  return usedInRing(decision, { before, total, sub }) / rule.limit;
}

function fullnessOfCluster({ rule, nowMs, memory: { cluster } }: Decision): number {
  const { windowMs, limit } = rule;
  const isOver =
    nodesOf(cluster) === 0
      ? nowMs - state.time >= windowMs
      : floor(engineMs(cluster, nowMs) / windowMs) > state.time;
  return isOver ? 0 : state.low / limit;
}
