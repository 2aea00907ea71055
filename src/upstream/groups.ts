// Upstream groups: a name and the peers behind it. A group hands out a peer for each attempt, never
// one that this exchange has tried, and leaves out for a moment those that refused connections.

import { RoundRobin, type WeightedPeer } from "./balance.ts";
import type { Peer } from "./transport.ts";

/**
 * How long a peer that could not be connected to is left out. Long enough that a restart costs few
 * failed attempts, short enough that nobody waits for a peer that is back.
 */
export const PAUSE_MS = 1_000;

const NO_PAUSE = Number.POSITIVE_INFINITY;
const WEIGHT_MAX = 1_000;

export class UpstreamGroup {
  readonly name: string;
  readonly peers: readonly Peer[];
  readonly #balance: RoundRobin;
  readonly #now: () => number;
  /** No peer is paused after this time: spares a look at the clock for each request. */
  #pausedUntilMs = 0;

  /** @param now a clock in ms that never goes back */
  constructor(name: string, members: readonly WeightedPeer[], now = () => performance.now()) {
    this.name = name;
    this.peers = members.map((member) => member.peer);
    this.#balance = new RoundRobin(members.map(checkedWeight));
    this.#now = now;
  }

  /**
   * The peer for the next attempt; null when every peer was tried.
   *
   * @param tried keys of the peers that this exchange has tried
   */
  next(tried: ReadonlySet<string>): Peer | null {
    if (this.#pausedUntilMs === 0) return this.#balance.next(tried, NO_PAUSE);
    const nowMs = this.#now();
    if (nowMs >= this.#pausedUntilMs) this.#pausedUntilMs = 0;
    // A paused peer is better than none: it may be back.
    return this.#balance.next(tried, nowMs) ?? this.#balance.next(tried, NO_PAUSE);
  }

  /** To be told of each peer that could not be connected to. */
  connectFailed(peer: Peer): void {
    const untilMs = this.#now() + PAUSE_MS;
    this.#balance.pause(peer, untilMs);
    this.#pausedUntilMs = untilMs;
  }

  /** To be told when a connection to a peer succeeds after a failure: ends its pause early. */
  connected(peer: Peer): void {
    if (this.#pausedUntilMs !== 0) this.#balance.pause(peer, 0);
  }
}

function checkedWeight(member: WeightedPeer): WeightedPeer {
  const { weight, peer } = member;
  if (Number.isInteger(weight) && weight >= 1 && weight <= WEIGHT_MAX) return member;
  throw new RangeError(`Cannot weigh ${peer.address}: expected 1 to ${WEIGHT_MAX}, got ${weight}`);
}
