// A rate limit of all proxies, as one of them decides by itself. Each lets through what it has been
// allowed of a window; PostgreSQL adds up what they tell, and each then may go on
//
//     to what it has told + c,   but not beyond  limit - what the others have told
//
// with c = a tenth of the limit, divided by the proxies, at least 1. While the sum is below the
// limit no proxy is more than c ahead of what it has told, and none goes on once the sum is there:
// so all together let through at most limit + proxies * c, however late answers come. What is
// allowed only ever grows within a window; so of two words the larger is the later.

import { atomicLoad, atomicStore } from "../atomics.ts";

/** What the proxies' answers make of it: 64-bit words of the tenant's memory. */
export const CLUSTER = {
  /** Proxies that share the limit; 0: no proxy shares anything, and it counts as one of a node. */
  NODES: 0,
  /** What is added to the clock of the machine to have the engine's, ms. */
  CLOCK: 1,
  /** Windows that begin from here on, by the engine's clock, … */
  ALONE_FROM: 2,
  /** … and before this are shared without PostgreSQL, which does not answer. */
  ALONE_UNTIL: 3,
} as const;

export const CLUSTER_WORDS = 4;

/** The same as numbers. */
export interface ClusterTerms {
  readonly nodes: number;
  readonly clockMs: number;
  readonly aloneFromMs: number;
  readonly aloneUntilMs: number;
}

/** Nothing is shared. */
export const NO_CLUSTER: ClusterTerms = { nodes: 0, clockMs: 0, aloneFromMs: 0, aloneUntilMs: 0 };

/** Parts of the limit that may go beyond it: all proxies together, 1 / this. */
export const OVERSHOOT_PARTS = 10;

const { floor, max } = Math;
const toNumber = Number;
const big = BigInt;

/** By the host alone. */
export function agreeOn(cluster: BigInt64Array, terms: ClusterTerms): void {
  const { nodes, clockMs, aloneFromMs, aloneUntilMs } = terms;
  atomicStore(cluster, CLUSTER.CLOCK, big(clockMs));
  // the beginning first: no window is in between that is not meant
  atomicStore(cluster, CLUSTER.ALONE_FROM, big(aloneFromMs));
  atomicStore(cluster, CLUSTER.ALONE_UNTIL, big(aloneUntilMs));
  atomicStore(cluster, CLUSTER.NODES, big(nodes));
}

/** How many a proxy may let through that it has not told. */
export const untoldMax = (limit: number, nodes: number): number =>
  max(1, floor(limit / (OVERSHOOT_PARTS * nodes)));

/** What a proxy may let through of a window while it hears of none of the others. */
export const shareOf = (limit: number, nodes: number): number =>
  max(untoldMax(limit, nodes), floor(limit / nodes));

export const nodesOf = (cluster: BigInt64Array): number =>
  toNumber(atomicLoad(cluster, CLUSTER.NODES));

/** The engine's clock, from the machine's. */
export const engineMs = (cluster: BigInt64Array, nowMs: number): number =>
  nowMs + toNumber(atomicLoad(cluster, CLUSTER.CLOCK));

/** What a proxy may let through of a window before it has heard of it. */
export function firstOf(cluster: BigInt64Array, limit: number, startMs: number): number {
  const nodes = nodesOf(cluster);
  return isAlone(cluster, startMs) ? shareOf(limit, nodes) : untoldMax(limit, nodes);
}

/** Whether a window that begins then is shared without PostgreSQL. */
const isAlone = (cluster: BigInt64Array, startMs: number): boolean =>
  startMs >= toNumber(atomicLoad(cluster, CLUSTER.ALONE_FROM)) &&
  startMs < toNumber(atomicLoad(cluster, CLUSTER.ALONE_UNTIL));
