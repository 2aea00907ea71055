// Work that must not overlap runs one piece after the other, first come first served.

export class Mutex {
  #last: Promise<unknown> = Promise.resolve();
  #pieces = 0;

  /** Something runs, or waits to. */
  get isBusy(): boolean {
    return this.#pieces > 0;
  }

  /** Runs it when everything before it has ended, however that ended. */
  run<T>(work: () => Promise<T>): Promise<T> {
    this.#pieces++;
    const over = (): void => void this.#pieces--;
    const result = this.#last.then(work);
    this.#last = result.then(over, over);
    return result;
  }

  /** Resolves when everything that was handed in so far has ended. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
