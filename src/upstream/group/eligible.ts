// Which members of a group may be chosen now. One object for each group, set anew for each pick: a
// pick allocates nothing.

import { STANDING } from "./layout.ts";
import type { Member } from "./member.ts";
import type { Eligibility } from "./policy.ts";

const NO_PAUSE = Number.POSITIVE_INFINITY;
/** Of the weight, at least, when a peer begins to get warm: Envoy's. */
const COLD_SHARE = 0.1;

/** What a panic looks past. */
const UNSOUND = STANDING.down | STANDING.ejected;

export interface Pick {
  /** Keys of the peers that this exchange has tried. */
  readonly tried: ReadonlySet<string>;
  readonly nowMs: number;
  /** Some peer may be left out for a moment. */
  readonly isAnyPaused: boolean;
  readonly isPanic: boolean;
}

export class Eligible implements Eligibility {
  /** A peer was passed over for nothing else than that it is full, or left out for a moment. */
  sawFull = false;
  sawPaused = false;
  readonly #warmMs: number;
  #tried: ReadonlySet<string> = new Set();
  #ignored = 0;
  #pausedMs = NO_PAUSE;
  #nowMs = 0;

  /** @param warmMs  how long a peer takes to get warm; 0: no time */
  constructor(warmMs: number) {
    this.#warmMs = warmMs;
  }

  begin({ tried, nowMs, isAnyPaused, isPanic }: Pick): void {
    this.sawFull = false;
    this.sawPaused = false;
    this.#tried = tried;
    this.#nowMs = nowMs;
    this.#ignored = isPanic ? UNSOUND : 0;
    this.#pausedMs = isAnyPaused ? nowMs : NO_PAUSE;
  }

  /** A peer that is left out for a moment is better than none: it may be back. */
  ignorePauses(): void {
    this.sawFull = false;
    this.#pausedMs = NO_PAUSE;
  }

  /** Whatever becomes of it, it is a peer of this exchange: to be asked of one that sticks. */
  acceptsStuck(member: Member): boolean {
    return this.#accepts(member, this.#ignored | STANDING.draining);
  }

  accepts(member: Member): boolean {
    return this.#accepts(member, this.#ignored);
  }

  #accepts(member: Member, ignored: number): boolean {
    if ((member.standing & ~ignored) !== 0) return false;
    if (this.#tried.size > 0 && this.#tried.has(member.peer.key)) return false;
    if (this.#pausedMs !== NO_PAUSE && member.pausedUntilMs > this.#pausedMs) {
      this.sawPaused = true;
      return false;
    }
    if (!member.isFull) return true;
    this.sawFull = true;
    return false;
  }

  weightOf(member: Member): number {
    const { weight } = member;
    if (this.#warmMs === 0) return weight;
    const since = member.warmSinceMs;
    if (since === 0) return weight;
    const share = (this.#nowMs - since) / this.#warmMs;
    return share >= 1 ? weight : weight * Math.max(share, COLD_SHARE);
  }
}
