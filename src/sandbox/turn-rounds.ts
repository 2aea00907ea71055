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
  /** One turn, if there is work by now. */
  takeTurn(): void;
}

export class TurnRounds {
  readonly #later: (run: () => void) => void;
  readonly #due: TurnTaker[] = [];
  #isScheduled = false;

  constructor(later: (run: () => void) => void) {
    this.#later = later;
  }

  /** It has work: its turn comes in the next round. */
  add(taker: TurnTaker): void {
    this.#due.push(taker);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#later(this.#run);
  }

  readonly #run = (): void => {
    try {
      for (let round = 0; round < ROUNDS_MAX; round++) this.#round();
    } finally {
      // a worker that has failed finishes the requests that it has
      this.#isScheduled = false;
      if (this.#due.length > 0) this.#schedule();
    }
  };

  #round(): void {
    for (let left = this.#due.length; left > 0; left--) this.#due.shift()?.takeTurn();
  }
}

/** Of this thread. */
export const TURN_ROUNDS = new TurnRounds(setImmediate);
