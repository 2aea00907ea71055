// When requests begin. As long as few are under way, at once. Beyond that in the order in which
// they came, so many in each pass of the event loop: those under way get on first. Begun all at
// once they would all be half done for long, and what is half done costs: its memory outlives V8's
// young generation, and each needs a connection to its peer. A request that waits for its peer
// holds nobody up, since a loop with little to do has many passes.
//
//     came ──few under way──▶ begins
//      └──▶ waits ──next pass, in order──▶ begins

import { LIMITS } from "../base/limits.ts";

export interface Beginner {
  /** It is its turn. False: it is gone, and its turn is the next one's. */
  takeTurn(): boolean;
}

/** The turn of a connection's next request. */
export class Turn implements Beginner {
  readonly #had: () => void;
  #state: "none" | "awaited" | "had" = "none";

  /** @param had  it has come, and `take` says so */
  constructor(had: () => void) {
    this.#had = had;
  }

  get isAwaited(): boolean {
    return this.#state === "awaited";
  }

  /** False: it is awaited from now on. */
  take(queue: BeginQueue): boolean {
    const may = this.#state === "had" || queue.isOpen;
    if (!may) queue.wait(this);
    this.#state = may ? "none" : "awaited";
    return may;
  }

  giveUp(): void {
    this.#state = "none";
  }

  takeTurn(): boolean {
    if (this.#state !== "awaited") return false;
    this.#state = "had";
    this.#had();
    return true;
  }
}

interface Waiting {
  readonly beginner: Beginner;
  readonly sinceMs: number;
}

export class BeginQueue {
  readonly #underWay: () => number;
  #waiting: Waiting[] = [];
  /** Those before it have had their turns. */
  #next = 0;

  /** @param underWay  how many requests are */
  constructor(underWay: () => number) {
    this.#underWay = underWay;
  }

  /** How long the one that came first has waited. */
  get waitMs(): number {
    const first = this.#waiting[this.#next];
    return first === undefined ? 0 : performance.now() - first.sinceMs;
  }

  /** Nobody waits, and who comes may begin. */
  get isOpen(): boolean {
    return this.#waiting.length === 0 && this.#underWay() < LIMITS.requestsUnqueued;
  }

  /** It is told when its turn comes, in a later pass. */
  wait(beginner: Beginner): void {
    if (this.#waiting.length === 0) setImmediate(this.#pass);
    this.#waiting.push({ beginner, sinceMs: performance.now() });
  }

  readonly #pass = (): void => {
    const waiting = this.#waiting;
    const { length } = waiting; // who comes within a turn waits for the next pass
    for (let turns = 0; turns < LIMITS.beginsInPass && this.#next < length; ) {
      if (waiting[this.#next++]?.beginner.takeTurn() === true) turns++;
    }
    if (this.#next < waiting.length) {
      this.#forget();
      setImmediate(this.#pass);
    } else {
      this.#waiting = [];
      this.#next = 0;
    }
  };

  /** Those that had their turns are let go of, when they are half of all: each is moved once. */
  #forget(): void {
    if (this.#next * 2 < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#next);
    this.#next = 0;
  }
}
