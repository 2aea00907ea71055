// What is asked of PostgreSQL besides changes, again and again, and is refused: each question's
// failure is told once, and once more if it was answered in between.

import type { PostgresAddress } from "../../../base/config/postgres.ts";
import { toStoreError } from "../postgres/errors.ts";
import { StoreError } from "../store-error.ts";

export interface FailuresOptions {
  readonly address: PostgresAddress;
  /** Told each time that nobody answers: whoever hears it says it once. */
  readonly onLost: (error: StoreError) => void;
  readonly onRefused: (error: unknown) => void;
}

export class Failures {
  readonly #options: FailuresOptions;
  /** By question: what was told last. */
  readonly #told = new Map<string, string>();

  constructor(options: FailuresOptions) {
    this.#options = options;
  }

  /** Settles as `work` does. */
  async of<T>(question: string, work: Promise<T>): Promise<T> {
    try {
      const answer = await work;
      this.#told.delete(question);
      return answer;
    } catch (thrown) {
      this.add(question, thrown);
      throw thrown;
    }
  }

  add(question: string, thrown: unknown): void {
    const { address, onLost, onRefused } = this.#options;
    const error = toStoreError(thrown, address) ?? thrown;
    const fault = error instanceof StoreError ? error.fault : null;
    // it was not asked, and is the next time
    if (fault === "busy") return;
    if (error instanceof StoreError && fault === "unreachable") return onLost(error);
    const text = String(error);
    if (this.#told.get(question) !== text) onRefused(error);
    this.#told.set(question, text);
  }
}
