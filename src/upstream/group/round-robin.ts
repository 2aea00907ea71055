// Smooth weighted round robin. With weights 5, 1, 1 the order is a a b a c a a: each peer gets its
// share, and no peer gets its share in one burst. Each turn every eligible peer gains its weight;
// the richest is chosen and pays what all of them gained.

import type { Member } from "./member.ts";
import type { BalancePolicy, Eligibility } from "./policy.ts";

/** Turns after which the order certainly has come round, for weights that add up to no more. */
const PHASES = 1_000;

export class RoundRobin implements BalancePolicy {
  readonly measures = false;
  readonly #random: () => number;

  /** @param random  from 0 to 1 */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Begins at a random place: else all workers, and all proxies, would begin with one peer. */
  changed(members: readonly Member[]): void {
    let weights = 0;
    for (const member of members) {
      member.credit = 0;
      weights += member.weight;
    }
    const turns = Math.floor(this.#random() * Math.min(weights, PHASES));
    for (let turn = 0; turn < turns; turn++) this.pick(members, EVERY);
  }

  pick(members: readonly Member[], eligible: Eligibility): Member | null {
    let chosen: Member | null = null;
    let gained = 0;
    for (const member of members) {
      if (!eligible.accepts(member)) continue;
      const weight = eligible.weightOf(member);
      member.credit += weight;
      gained += weight;
      if (chosen === null || member.credit > chosen.credit) chosen = member;
    }
    if (chosen !== null) chosen.credit -= gained;
    return chosen;
  }
}

const EVERY: Eligibility = {
  accepts: () => true,
  weightOf: ({ weight }) => weight,
};
