// Power of two choices: of two members taken at random, the one that costs less: the time it takes
// for each request that it would then have (peak-ewma.ts), for its weight. It keeps away from slow
// peers without the herd that all choosing the best one makes.

import type { Member } from "./member.ts";
import type { BalancePolicy, Eligibility } from "./policy.ts";

export class TwoChoices implements BalancePolicy {
  readonly measures = true;
  readonly #random: () => number;

  /** @param random  from 0 to 1 */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  changed(): void {}

  pick(members: readonly Member[], eligible: Eligibility): Member | null {
    let one: Member | null = null;
    let other: Member | null = null;
    let seen = 0;
    // each pair is as likely as any other, in one pass over those that may be chosen
    for (const member of members) {
      if (!eligible.accepts(member)) continue;
      const place = seen < 2 ? seen : Math.floor(this.#random() * (seen + 1));
      seen++;
      if (place === 0) one = member;
      else if (place === 1) other = member;
    }
    if (one === null || other === null) return one;
    const costs = costOf(one, eligible) - costOf(other, eligible);
    if (costs === 0) return this.#random() < 0.5 ? one : other;
    return costs < 0 ? one : other;
  }
}

const costOf = (member: Member, eligible: Eligibility): number =>
  (member.latency.ms * (member.active + 1)) / eligible.weightOf(member);
