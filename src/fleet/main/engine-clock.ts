// The engine's clock, as this proxy has it: what is added to the clock of the machine. Each answer
// says what it was at some moment between question and answer; what does not contradict what is
// known changes nothing, so that windows do not move with the line's mood.

export class EngineClock {
  #offsetMs: number;

  /** @param offsetMs  a guess, until the engine answers */
  constructor(offsetMs: number) {
    this.#offsetMs = Math.round(offsetMs);
  }

  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** @param asked  when it was asked and answered, by the clock of the machine */
  heard(engineMs: number, asked: { readonly sentMs: number; readonly heardMs: number }): void {
    const [least, most] = [engineMs - asked.heardMs, engineMs - asked.sentMs];
    if (this.#offsetMs >= least - 1 && this.#offsetMs <= most + 1) return;
    this.#offsetMs = Math.round((least + most) / 2);
  }
}
