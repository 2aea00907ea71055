// Work that must not overlap runs one piece after the other, first come first served.

export class Mutex {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs it when everything before it has ended, however that ended. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when everything that was handed in so far has ended. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
