// The interface behind which a group's choice of a peer stands. A policy is asked for one of the
// members that may be chosen now; what makes a member eligible is not its to know.

import type { Member } from "./member.ts";

/** Which members may be chosen in this pick. */
export interface Eligibility {
  accepts(member: Member): boolean;
  /** What share of the requests it should have, now. */
  weightOf(member: Member): number;
}

/** What the request says that the choice is for. */
export interface Chooser {
  /** What a hash is made of; null: the request does not have it. */
  hashKey(): string | null;
}

export interface BalancePolicy {
  /** It wants to know how long an answer took. */
  readonly measures: boolean;
  /** The members are others now, or weigh otherwise. */
  changed(members: readonly Member[]): void;
  /** Null: none is eligible. */
  pick(members: readonly Member[], eligible: Eligibility, chooser: Chooser): Member | null;
}
