// How many orders were begun within an hour. Authorities count what an account orders, and refuse
// all of it for hours: tenants that come and go with ever new hosts must not use that up.

const HOUR_MS = 3_600_000;

export class HourlyOrders {
  /** The oldest first. */
  #begunMs: number[] = [];

  /** When another may begin; 0: now. */
  freeMs(perHour: number, nowMs: number): number {
    // a clock that was set back makes nobody wait for longer than the hour
    const begunMs = this.#begunMs.map((ms) => Math.min(ms, nowMs));
    this.#begunMs = begunMs.filter((ms) => ms > nowMs - HOUR_MS);
    const oldest = this.#begunMs.at(-perHour);
    return oldest === undefined ? 0 : oldest + HOUR_MS;
  }

  begin(nowMs: number): void {
    this.#begunMs.push(nowMs);
  }

  /** The last that was begun came to no order: another process has it, or the store is away. */
  takeBack(): void {
    this.#begunMs.pop();
  }
}
