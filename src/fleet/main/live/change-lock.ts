// The lock under which what is live changes: reloads of the file and changes through the admin
// API. From the first step of a change to its last, nothing else changes.

import { Mutex } from "../../../base/mutex.ts";
import { NotReadyError } from "../../shared/start-errors.ts";

export class ChangeLock {
  readonly #mutex = new Mutex();
  #closed: string | null = null;
  #isSealed = false;

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

  /** The same in a hurry: what is under way, and not stored yet, is refused too. */
  async seal(reason: string): Promise<void> {
    this.#isSealed = true;
    await this.close(reason);
  }

  /** Nothing that is not stored by now is taken any more. */
  get isSealed(): boolean {
    return this.#isSealed;
  }

  /** Asked by a change before it is stored. Throws NotReadyError: it must not be any more. */
  expectUnsealed(): void {
    if (this.#isSealed) throw new NotReadyError(this.#closed ?? "nothing is changed now", false);
  }

  reopen(): void {
    this.#closed = null;
    this.#isSealed = false;
  }
}
