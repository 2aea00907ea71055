// The lock under which what is live changes: reloads of the file and changes through the admin
// API. From the first step of a change to its last, nothing else changes.

import { Mutex } from "../../../base/mutex.ts";

export class ChangeLock {
  readonly #mutex = new Mutex();
  #closed: string | null = null;

  /** Why no change is taken any more; null: changes are taken. */
  get closed(): string | null {
    return this.#closed;
  }

  run<T>(change: () => Promise<T>): Promise<T> {
    return this.#mutex.run(change);
  }

  /** From now on changes are refused, for this reason; resolves when none is under way. */
  async close(reason: string): Promise<void> {
    this.#closed = reason;
    await this.#mutex.idle();
  }

  reopen(): void {
    this.#closed = null;
  }
}
