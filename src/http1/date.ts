// The Date field of answers, written at most once a second: making the text costs 1 µs.

const SECOND_MS = 1_000;

export class DateLine {
  readonly #now: () => number;
  #second = -1;
  #line = "";

  /** @param now  milliseconds since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** `Date: Tue, 15 Nov 1994 08:12:31 GMT\r\n` */
  line(): string {
    const second = Math.floor(this.#now() / SECOND_MS);
    if (second !== this.#second) {
      this.#second = second;
      this.#line = `Date: ${new Date(second * SECOND_MS).toUTCString()}\r\n`;
    }
    return this.#line;
  }
}
