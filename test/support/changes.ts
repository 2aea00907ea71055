// Waiting for what the other side does, as long as a test may: one that fails has to end, and to
// say how far it came.

const WITHIN_MS = 60_000;

export class Changes {
  readonly #waiting = new Set<() => void>();

  /** Something is not as it was. */
  tell(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** Rejects if it is not so in time. `state`: what it is instead. */
  async until(isSo: () => boolean, state: () => string): Promise<void> {
    const late = Promise.withResolvers<never>();
    const text = `not so within ${WITHIN_MS} ms: `;
    const timer = setTimeout(() => late.reject(new Error(text + state())), WITHIN_MS);
    try {
      while (!isSo()) await Promise.race([late.promise, this.#next()]);
    } finally {
      clearTimeout(timer);
    }
  }

  #next(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.add(resolve));
  }
}
