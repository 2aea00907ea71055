// What was asked of proxies that share a store while things fail, what they said became of it, and
// whether that is true: an acknowledged change is there, a refused one is not; of those whose
// outcome nobody knew each is there as a whole, or not at all.

import { setTimeout as sleep } from "node:timers/promises";

/** What was said of a change. */
export type Outcome = "acknowledged" | "refused" | "unknown";

/** Makes the change of this name, and says what it was told. */
export type MakeChange = (name: string) => Promise<Outcome>;

const PAUSE_MS = 20;

export class History {
  readonly #outcomes = new Map<string, Outcome>();
  readonly #loops: Promise<void>[] = [];
  #isOver = false;

  /** One change after the other, until it is stopped. */
  write(writer: string, make: MakeChange): void {
    this.#loops.push(this.#loop(writer, make));
  }

  count(outcome: Outcome): number {
    return [...this.#outcomes.values()].filter((one) => one === outcome).length;
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#loops);
  }

  /**
   * What is not as it was said; empty: all is.
   * @param there  names of the changes that are there
   */
  lies(there: ReadonlySet<string>): string[] {
    return [...this.#outcomes].flatMap(([name, outcome]) => {
      const isThere = there.has(name);
      if (outcome === "acknowledged" && !isThere) return [`${name} was acknowledged, and is gone`];
      if (outcome === "refused" && isThere) return [`${name} was refused, and is there`];
      return [];
    });
  }

  async #loop(writer: string, make: MakeChange): Promise<void> {
    for (let i = 0; !this.#isOver; i++) {
      const name = `${writer}-${i}`;
      this.#outcomes.set(name, "unknown");
      this.#outcomes.set(name, await make(name).catch(() => "unknown" as const));
      await sleep(PAUSE_MS);
    }
  }
}
