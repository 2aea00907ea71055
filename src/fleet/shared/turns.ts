// Changes of what serves, one after the other: reloads of the file and changes through the admin
// API. From the first step to the last of one, nothing else changes.

export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #closed: string | null = null;

  /** Why no change is taken any more; null: they are. */
  get closed(): string | null {
    return this.#closed;
  }

  /** Runs it when everything before it has ended, however that ended. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** From now on changes are refused, for this reason; resolves when none is under way. */
  async close(reason: string): Promise<void> {
    this.#closed = reason;
    await this.#last;
  }

  reopen(): void {
    this.#closed = null;
  }
}
