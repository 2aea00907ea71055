// So many pieces of work at once. Others wait, first come first served, and not for ever.

export class Semaphore {
  #free: number;
  readonly #waiting = new Set<() => void>();

  /** @param count  of pieces that may be under way */
  constructor(count: number) {
    this.#free = count;
  }

  /** To be disposed of, once, when the work is over. Null: no other was over in this time. */
  async take(withinMs: number): Promise<Disposable | null> {
    if (this.#free > 0) this.#free--;
    else if (!(await this.#isNextWithin(withinMs))) return null;
    return { [Symbol.dispose]: () => this.#giveBack() };
  }

  #isNextWithin(ms: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const next = (): void => {
      clearTimeout(timer);
      resolve(true);
    };
    const timer = setTimeout(() => {
      this.#waiting.delete(next);
      resolve(false);
    }, ms);
    this.#waiting.add(next);
    return promise;
  }

  /** Whoever waits has it at once: nobody comes in between. */
  #giveBack(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
