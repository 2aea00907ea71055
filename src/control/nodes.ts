// The proxies that share one store, as each of them sees all of them: what each serves, whether it
// still reports, and why it does not serve what is newest. The store's engine keeps the list; a
// proxy alone has none.

import type { AuditEntry } from "./store/audit-entry.ts";

/** What a proxy says of itself, every few seconds and at each change. */
export interface NodeReport {
  /** Of the store: all changes up to this one are served there. */
  readonly revision: number;
  /** What it could not take; null: it has taken everything. */
  readonly refusal: Refusal | null;
  readonly figures: NodeFigures;
  /** URL at which the others ask it; empty: they cannot. */
  readonly address: string;
}

export interface Refusal {
  /** Up to which it was read. */
  readonly revision: number;
  readonly reason: string;
}

/** Since its start, all workers together. */
export interface NodeFigures {
  readonly requests: number;
  /** Answered with a 5xx, or not at all. */
  readonly errors: number;
  readonly requestsActive: number;
  readonly connections: number;
}

export interface Node extends NodeReport {
  readonly id: string;
  /** Several may have one. */
  readonly name: string;
  /** Of Sluice. */
  readonly version: string;
  readonly startedAtMs: number;
  /** How long ago it reported last, by the engine's clock. */
  readonly silentMs: number;
  /** Its lease has not ended: it is waited for. */
  readonly isLive: boolean;
  /** It tells load balancers that it is not ready. */
  readonly isDrained: boolean;
  /** It judges new versions, by the figures of all. */
  readonly isGuardian: boolean;
}

export interface NodeList {
  readonly nodes: readonly Node[];
  /** Of the store. */
  readonly newest: number;
  readonly asOfMs: number;
  /** The engine does not answer: this is what was known last. */
  readonly isStale: boolean;
}

export interface Nodes {
  /** Of this proxy. */
  readonly id: string;
  /** Never rejects for an engine that does not answer. */
  list(): Promise<NodeList>;
  /** Throws StoreError: there is none, or the engine does not answer. */
  setDrained(id: string, isDrained: boolean, audit: AuditEntry): Promise<void>;
}

/**
 * `stale`: it has not reported for so long that nobody waits for it. `unknown`: the engine does not
 * answer, so nobody can tell.
 */
export const NODE_STATES = ["serving", "behind", "refused", "stale", "unknown"] as const;
export type NodeState = (typeof NODE_STATES)[number];

/** @param wanted  the revision that is asked about */
export function stateOf(node: Node, { newest, isStale }: NodeList, wanted = newest) {
  const state: NodeState = isStale ? "unknown" : wordOf(node, newest, wanted);
  return { state, reason: node.refusal?.reason ?? "" };
}

function wordOf({ isLive, revision, refusal }: Node, newest: number, wanted: number): NodeState {
  if (!isLive) return "stale";
  // what is beyond the newest is of a history that was replaced
  if (revision >= wanted && revision <= newest) return "serving";
  return refusal !== null && refusal.revision >= wanted ? "refused" : "behind";
}
