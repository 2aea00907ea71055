// How long a client may take for the next part of its body: the idle time, as long as it keeps to
// the least rate. Without a rate, one byte before the end of each idle time would hold a connection
// and an exchange for ever. Only time in which we wait for the client is its time.
//
//     credit: idleMs at first; waiting spends it, bytes earn it, and it is never more than idleMs

export class BodyPace {
  readonly #bytesPerMs: number;
  #idleMs = 0;
  #creditMs = 0;
  /** Since when the client has been waited for; 0: it is not its turn. */
  #sinceMs = 0;

  /** @param bytesPerSecond  the least on average; 0: any */
  constructor(bytesPerSecond: number) {
    this.#bytesPerMs = bytesPerSecond / 1_000;
  }

  begin(idleMs: number): void {
    this.#idleMs = idleMs;
    this.#creditMs = idleMs;
    this.#sinceMs = 0;
  }

  /** So many bytes came, or none: what was waited for them is spent. */
  came(nowMs: number, bytes: number): void {
    const spentMs = this.#sinceMs === 0 ? 0 : nowMs - this.#sinceMs;
    this.#sinceMs = 0;
    const earnedMs = this.#bytesPerMs === 0 ? this.#idleMs : bytes / this.#bytesPerMs;
    this.#creditMs = Math.min(this.#idleMs, this.#creditMs - spentMs + earnedMs);
  }

  /** It is the client's turn from now on: returns for how long. */
  wait(nowMs: number): number {
    this.#sinceMs = nowMs;
    return this.#creditMs;
  }
}
