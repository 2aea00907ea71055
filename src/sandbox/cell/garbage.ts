// Asks V8's garbage collector for memory that nothing else gives back. The windows of an isolate
// that is gone are shared memory; this process's own heap holds on to them by a few words, and
// that heap is small and rarely collected. So a collection is requested after some hundred
// isolates.

/** Of 100 KB each, so that they come to 25 MB at most; a collection takes some 10 ms. */
const ISOLATES_MAX = 256;

export class Garbage {
  readonly #collect: () => void;
  #isolates = 0;

  constructor(collect: () => void) {
    this.#collect = collect;
  }

  /** An isolate has been disposed of. */
  add(): void {
    this.#isolates++;
  }

  /** To be called regularly, when nothing is under way. */
  sweep(): void {
    if (this.#isolates < ISOLATES_MAX) return;
    this.#isolates = 0;
    this.#collect();
  }
}
