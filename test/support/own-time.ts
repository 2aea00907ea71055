// Time that passes when the test says so: the clocks of this process and what `setTimeout` waits
// for, one millisecond after the other. However busy the machine is, a test sees the same.

import type { TestContext } from "node:test";

export class OwnTime {
  readonly #tick: () => void;

  /** From now on, until the end of the test. */
  constructor({ mock }: TestContext) {
    let nowMs = performance.now();
    mock.method(performance, "now", () => nowMs);
    mock.timers.enable({ apis: ["Date", "setTimeout"], now: Date.now() });
    this.#tick = () => {
      nowMs += 1;
      mock.timers.tick(1);
    };
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed++) {
      this.#tick();
      // whoever waited for it goes on, and waits for something else
      await new Promise(setImmediate);
    }
  }

  /** As much as the work takes. */
  async during<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    work.then(over, over);
    while (!isOver) await this.pass(1);
    return await work;
  }
}
