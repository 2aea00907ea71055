// Whose trial is next: a few run at once, one of each tenant. Who uploads a hundred scripts that
// never end waits for all of them, and nobody else does for more than the one that is running.

import { CELL_LIMITS } from "./limits.ts";

interface Waiting {
  readonly tenant: string;
  readonly start: () => void;
}

export class TrialTurns {
  readonly #busy = new Set<string>();
  readonly #waiting: Waiting[] = [];

  async take<T>(tenant: string, trial: () => Promise<T>): Promise<T> {
    const { promise: turn, resolve: start } = Promise.withResolvers<void>();
    this.#waiting.push({ tenant, start });
    this.#next();
    await turn;
    try {
      return await trial();
    } finally {
      this.#busy.delete(tenant);
      this.#next();
    }
  }

  #next(): void {
    while (this.#busy.size < CELL_LIMITS.trials) {
      const index = this.#waiting.findIndex(({ tenant }) => !this.#busy.has(tenant));
      const [next] = index < 0 ? [] : this.#waiting.splice(index, 1);
      if (next === undefined) return;
      this.#busy.add(next.tenant);
      next.start();
    }
  }
}
