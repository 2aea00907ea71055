// Which of several peers is next: smooth weighted round robin. With weights 5, 1, 1 the order is
// a a b a c a a: each peer gets its share, and no peer gets its share in one burst. Each turn every
// eligible peer gains its weight; the richest is chosen and pays what all of them gained.
// Knows weights and pauses; what a pause is for is decided in groups.ts.

import type { Peer } from "./transport.ts";

export interface WeightedPeer {
  readonly peer: Peer;
  /** Share of the requests, relative to the other peers'. A whole number from 1. */
  readonly weight: number;
}

export class RoundRobin {
  readonly #seats: readonly Seat[];

  constructor(peers: readonly WeightedPeer[]) {
    this.#seats = peers.map(({ peer, weight }) => ({ peer, weight, credit: 0, pausedUntilMs: 0 }));
  }

  /** The next peer that is neither tried nor paused at `nowMs`; null if there is none. */
  next(tried: ReadonlySet<string>, nowMs: number): Peer | null {
    let chosen: Seat | null = null;
    let gained = 0;
    for (const seat of this.#seats) {
      if (seat.pausedUntilMs > nowMs) continue;
      if (tried.size > 0 && tried.has(seat.peer.key)) continue;
      seat.credit += seat.weight;
      gained += seat.weight;
      if (chosen === null || seat.credit > chosen.credit) chosen = seat;
    }
    if (chosen === null) return null;
    chosen.credit -= gained;
    return chosen.peer;
  }

  /** Leaves a peer out until `untilMs`. Its credit is wiped: it must not catch up in a burst. */
  pause(peer: Peer, untilMs: number): void {
    for (const seat of this.#seats) {
      if (seat.peer.key !== peer.key) continue;
      seat.pausedUntilMs = untilMs;
      seat.credit = 0;
    }
  }
}

interface Seat {
  readonly peer: Peer;
  readonly weight: number;
  credit: number;
  pausedUntilMs: number;
}
