// When requests begin. As long as few are under way, at once. Beyond that in the order in which
// they came, so many in each pass of the event loop: those under way get on first. Begun all at
// once they would all be half done for long, and what is half done costs: its memory outlives V8's
// young generation, and each needs a connection to its peer. A request that waits for its peer
// holds nobody up, since a loop with little to do has many passes.
//
//     came ──few under way──▶ begins
//      ├──▶ waits ──next pass, in order──▶ begins
//      └──the worker has too much to do──▶ is shed at once

import { LIMITS } from "../base/limits.ts";

/** What becomes of a request that has come. */
export type Entry = "begins" | "waits" | "shed";

/** A request's place among those that wait. */
export class Place {
  readonly sinceMs = performance.now();
  /** Its turn is yet to be called. */
  isQueued = true;
  readonly #queue: BeginQueue;
  /** Null: it has begun, or has left, and nothing of it is kept here. */
  #begin: (() => void) | null;

  constructor(queue: BeginQueue, begin: () => void) {
    this.#queue = queue;
    this.#begin = begin;
  }

  get isAwaited(): boolean {
    return this.#begin !== null;
  }

  begin(): void {
    const begin = this.#begin;
    this.#begin = null;
    begin?.();
  }

  /** The request is gone: its turn is the next one's. */
  leave(): void {
    if (this.#begin === null) return;
    this.#begin = null;
    if (this.isQueued) this.#queue.left();
  }
}

/** The turns of a connection's requests, one after the other. */
export class Turn {
  readonly #queue: BeginQueue;
  readonly #had: () => void;
  #place: Place | null = null;

  /** @param had  it has come, and `take` says so */
  constructor(queue: BeginQueue, had: () => void) {
    this.#queue = queue;
    this.#had = had;
  }

  get isAwaited(): boolean {
    return this.#place?.isAwaited === true;
  }

  /** Of the next request, or of the one that has waited for it. */
  take(): Entry {
    if (this.#place !== null) {
      this.#place = null;
      return "begins";
    }
    const entry = this.#queue.entry();
    if (entry === "waits") this.#place = this.#queue.wait(this.#had);
    return entry;
  }

  giveUp(): void {
    this.#place?.leave();
    this.#place = null;
  }
}

export class BeginQueue {
  readonly #underWay: () => number;
  readonly #sheds: () => boolean;
  #waiting: Place[] = [];
  /** Those before it have had their turns. */
  #next = 0;
  /** Places among those that wait whose requests have left. */
  #leftCount = 0;
  #isPassDue = false;

  /**
   * @param underWay  how many requests are
   * @param sheds  asked once for each that comes; left out: none is shed
   */
  constructor(underWay: () => number, sheds: () => boolean = () => false) {
    this.#underWay = underWay;
    this.#sheds = sheds;
  }

  /** Places that are kept. */
  get length(): number {
    return this.#waiting.length - this.#next;
  }

  /** How long the one that came first has waited. */
  get waitMs(): number {
    for (let at = this.#next; at < this.#waiting.length; at++) {
      const place = this.#waiting[at];
      if (place?.isAwaited === true) return performance.now() - place.sinceMs;
    }
    return 0;
  }

  /** What becomes of one that comes now. */
  entry(): Entry {
    if (this.#sheds()) return "shed";
    const isOpen = this.length === 0 && this.#underWay() < LIMITS.requestsUnqueued;
    return isOpen ? "begins" : "waits";
  }

  /** `begin` is called when its turn comes, in a later pass. */
  wait(begin: () => void): Place {
    const place = new Place(this, begin);
    this.#waiting.push(place);
    this.#plan();
    return place;
  }

  /** One has. Clients may come and leave at any rate: no more are kept than of others. */
  left(): void {
    this.#leftCount++;
    if (this.#leftCount * 2 <= this.length) return;
    this.#waiting = this.#waiting.filter((place) => place.isQueued && place.isAwaited);
    this.#next = 0;
    this.#leftCount = 0;
  }

  #plan(): void {
    if (this.#isPassDue || this.length === 0) return;
    this.#isPassDue = true;
    setImmediate(this.#pass);
  }

  readonly #pass = (): void => {
    this.#isPassDue = false;
    const places = this.#call(); // who comes within a turn waits for the next pass
    this.#plan();
    for (const place of places) place.begin();
  };

  /** Those whose turn it is. */
  #call(): Place[] {
    const called: Place[] = [];
    while (called.length < LIMITS.beginsInPass && this.length > 0) {
      const place = this.#waiting[this.#next++];
      if (place?.isAwaited !== true) this.#leftCount--;
      else {
        place.isQueued = false;
        called.push(place);
      }
    }
    this.#forget();
    return called;
  }

  /** Those that had their turns are let go of, when they are half of all: each is moved once. */
  #forget(): void {
    if (this.#next * 2 < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#next);
    this.#next = 0;
  }
}
