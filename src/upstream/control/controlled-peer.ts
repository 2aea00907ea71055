// How a peer stands, and why: what an operator wants, what checks have found, what its answers say.

export type AdminState = "ready" | "draining" | "disabled";

/** `checking`: it came while the proxy ran, and the first check has yet to end. */
export type HealthState = "unchecked" | "checking" | "up" | "down";

export interface PeerStanding {
  admin: AdminState;
  /** When a drain ends whatever is under way, on the machine's clock; 0: it waits. */
  drainUntilMs: number;
  /** Nothing is under way at it any more. */
  isDrained: boolean;
  health: HealthState;
  /** Why it is down; empty: it is not. */
  reason: string;
  /** On the machine's clock; 0: it is not ejected. */
  ejectedUntilMs: number;
  /** How often in a row, and how often at all. */
  ejections: number;
  ejectionsTotal: number;
  /** As an operator has set it; null: as configured. */
  ownWeight: number | null;
}

export interface ControlledPeer extends PeerStanding {
  readonly address: string;
  row: number;
  /** As configured. */
  weight: number;
}

export const newPeer = (address: string, row: number, weight: number): ControlledPeer => ({
  address,
  row,
  weight,
  admin: "ready",
  drainUntilMs: 0,
  isDrained: false,
  health: "unchecked",
  reason: "",
  ejectedUntilMs: 0,
  ejections: 0,
  ejectionsTotal: 0,
  ownWeight: null,
});

/** In one word, the gravest first: what an operator wants counts before what was found. */
export function stateOf(peer: PeerStanding): PeerState {
  if (peer.admin === "disabled") return "disabled";
  if (peer.admin === "draining") return peer.isDrained ? "drained" : "draining";
  if (peer.health === "down") return "down";
  if (peer.ejectedUntilMs !== 0) return "ejected";
  return peer.health === "checking" ? "checking" : "up";
}

export const PEER_STATES = [
  "up",
  "checking",
  "down",
  "ejected",
  "draining",
  "drained",
  "disabled",
] as const;

export type PeerState = (typeof PEER_STATES)[number];
