// Draws that a seed repeats. What a run does with them depends on timing too: a seed that found
// something finds it again more often than another, not always.

export class Draw {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to, and not, 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number, both ends included. */
  from(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  isOneIn(count: number): boolean {
    return this.next() * count < 1;
  }

  one<T>(choices: readonly T[]): T {
    const chosen = choices[this.from(0, choices.length - 1)];
    if (chosen === undefined) throw new TypeError("nothing to draw from");
    return chosen;
  }

  /** One of these, the more often the more it weighs. */
  weighted<T>(choices: readonly (readonly [weight: number, choice: T])[]): T {
    let left = this.from(
      1,
      choices.reduce((sum, [weight]) => sum + weight, 0),
    );
    for (const [weight, choice] of choices) {
      left -= weight;
      if (left <= 0) return choice;
    }
    throw new TypeError("nothing to draw from");
  }
}
