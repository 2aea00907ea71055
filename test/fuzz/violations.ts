// What a run of a fuzzer has found: each a sentence with the request that it is about.

const SHOWN_MAX = 20;

export class Violations {
  readonly #found: [token: string, sentence: string][] = [];
  #count = 0;

  add(token: string, sentence: string): void {
    this.#count++;
    if (this.#found.length < SHOWN_MAX) this.#found.push([token, sentence]);
  }

  get count(): number {
    return this.#count;
  }

  /**
   * Throws with what was found, and the seed that found it.
   * @param about  what else is known of a request
   */
  assertNone(seed: number, about: (token: string) => string): void {
    if (this.#count === 0) return;
    const shown = this.#found.map(([token, sentence]) => `${token}: ${sentence}${about(token)}`);
    const rest = this.#count - shown.length;
    if (rest > 0) shown.push(`… and ${rest} more`);
    throw new Error(`seed ${seed}: ${this.#count} violations\n${shown.join("\n")}`);
  }
}
