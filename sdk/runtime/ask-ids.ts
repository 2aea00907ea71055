// Numbers of asks. They fit a word of a record, and so begin again after some 10^9: those that the
// host still knows are passed over then, such as one that holds a body.
//
//     last ──▶ free to      what follows up to here is nobody's, and is given out without a look
//      ·  ·  ·  ·  ·  H     H: the host knows it

/** Goes through the numbers that the host may know. */
export type EachHeld = (visit: (id: number) => void) => void;

export class AskIds {
  readonly #last: number;
  #lastId = 0;
  #freeTo: number;

  /** @param last  the highest there is; more than are ever held */
  constructor(last: number) {
    this.#last = last;
    this.#freeTo = last;
  }

  /** Whoever asks for the next one looks for room first. */
  get isAtEnd(): boolean {
    return this.#lastId === this.#freeTo;
  }

  next(): number {
    this.#lastId++;
    return this.#lastId;
  }

  /** Up to the next one that is held; if that is the very next, behind it: then once more. */
  findRoom(held: EachHeld): void {
    if (this.#lastId === this.#last) this.#lastId = 0;
    const from = this.#lastId;
    let least = this.#last + 1;
    held((id) => {
      if (id > from && id < least) least = id;
    });
    if (least === from + 1) this.#lastId = least;
    this.#freeTo = least === from + 1 ? least : least - 1;
  }
}
