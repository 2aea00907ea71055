// The member with the fewest requests under way for its weight. What other workers have under way
// counts too; equals take turns.

import type { Member } from "./member.ts";
import type { BalancePolicy, Eligibility } from "./policy.ts";

export class LeastRequests implements BalancePolicy {
  readonly measures = false;
  #first: number;

  /** @param random  from 0 to 1 */
  constructor(random: () => number = Math.random) {
    this.#first = Math.floor(random() * 1_000);
  }

  changed(): void {}

  pick(members: readonly Member[], eligible: Eligibility): Member | null {
    const first = this.#first++;
    let chosen: Member | null = null;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < members.length; i++) {
      const member = members[(first + i) % members.length]!;
      if (!eligible.accepts(member)) continue;
      const load = (member.active + 1) / eligible.weightOf(member);
      if (load >= least) continue;
      least = load;
      chosen = member;
    }
    return chosen;
  }
}
