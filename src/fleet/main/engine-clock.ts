// The engine's clock, as this proxy has it: what is added to the clock of the machine. Each answer
// says what it was at some moment between question and answer; what does not contradict what is
// known changes nothing, so that windows do not move with the line's mood. How far this proxy's own
// clock is off is kept for a start without the engine.

import { KeptNumber } from "./kept-number.ts";

/** An error of this size is not worth a write. */
const KEPT_MS = 1_000;

export class EngineClock {
  readonly #kept: KeptNumber;
  readonly #ownMs: () => number;
  /** What the engine's clock is ahead of this proxy's own, as it is kept. */
  #aheadMs: number;
  #offsetMs: number;

  /**
   * @param folder  of this proxy's copy
   * @param ownMs  what is added to the clock of the machine to have the proxy's own
   */
  constructor(folder: string, ownMs: () => number) {
    this.#kept = new KeptNumber(folder, "engine-clock");
    this.#ownMs = ownMs;
    this.#aheadMs = this.#kept.read() ?? 0;
    this.#offsetMs = Math.round(ownMs() + this.#aheadMs);
  }

  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** @param asked  when it was asked and answered, by the clock of the machine */
  heard(engineMs: number, asked: { readonly sentMs: number; readonly heardMs: number }): void {
    const [least, most] = [engineMs - asked.heardMs, engineMs - asked.sentMs];
    if (this.#offsetMs >= least - 1 && this.#offsetMs <= most + 1) return;
    this.#offsetMs = Math.round((least + most) / 2);
    const aheadMs = Math.round(this.#offsetMs - this.#ownMs());
    if (Math.abs(aheadMs - this.#aheadMs) < KEPT_MS) return;
    this.#aheadMs = aheadMs;
    this.#kept.write(aheadMs);
  }
}
