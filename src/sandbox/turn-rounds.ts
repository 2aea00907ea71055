// When the inline lanes of a thread have their turns: those that have work, one after the other, in
// one pass of the event loop. What a turn makes ready, in its own lane or in another's, crosses in
// the next round of the same pass, so that a request in two layers waits for no pass between them.
//
//     pass      1                                2
//     round     1           2                    1           2
//               operator's  tenant's ─▶ upstream ▶ tenant's  operator's ─▶ client

/** Rounds in one pass of the event loop, before sockets get their say again. */
const ROUNDS_MAX = 8;

/** What has turns. */
export interface TurnTaker {
  /** One turn, if there is work by now. True: there is more. */
  takeTurn(): boolean;
}

class TurnRounds {
  #due: TurnTaker[] = [];
  #isScheduled = false;

  /** It has work. Not to be told again before it has had its turn. */
  add(taker: TurnTaker): void {
    this.#due.push(taker);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#run);
  }

  readonly #run = (): void => {
    for (let round = 0; round < ROUNDS_MAX && this.#due.length > 0; round++) {
      const takers = this.#due;
      this.#due = [];
      for (const taker of takers) if (taker.takeTurn()) this.#due.push(taker);
    }
    this.#isScheduled = false;
    if (this.#due.length > 0) this.#schedule();
  };
}

/** Of this thread. */
export const TURN_ROUNDS = new TurnRounds();
