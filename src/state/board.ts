// Text that one thread writes and all others read, in memory that they share: nobody has to be
// told, and a look whether it has changed is one atomic load.
//
//   [sequence, bytes] [the text as UTF-8]        sequence is odd while the text is being written

const SEQUENCE = 0;
const BYTES = 1;
const TEXT_AT = 8;
const FIRST_BYTES = 65_536;

export class Board {
  readonly shared: SharedArrayBuffer;
  readonly #words: Int32Array;
  #seen = 0;

  constructor(shared: SharedArrayBuffer) {
    this.shared = shared;
    this.#words = new Int32Array(shared, 0, 2);
  }

  /** @param bytesMax what it may grow to; only what is used takes memory */
  static make(bytesMax: number): Board {
    return new Board(new SharedArrayBuffer(FIRST_BYTES, { maxByteLength: bytesMax }));
  }

  /** One thread alone. Throws a RangeError, with nothing changed, if the text is too long. */
  write(text: string): void {
    const bytes = Buffer.from(text);
    const end = TEXT_AT + bytes.length;
    if (end > this.shared.maxByteLength) {
      const { maxByteLength } = this.shared;
      throw new RangeError(`expected at most ${maxByteLength} bytes of text, got ${end}`);
    }
    if (end > this.shared.byteLength) this.shared.grow(end);
    Atomics.add(this.#words, SEQUENCE, 1);
    new Uint8Array(this.shared, TEXT_AT, bytes.length).set(bytes);
    Atomics.store(this.#words, BYTES, bytes.length);
    Atomics.add(this.#words, SEQUENCE, 1);
  }

  /** The text if it is another one than this reader has; null: it is not, or is being written. */
  news(): string | null {
    const sequence = Atomics.load(this.#words, SEQUENCE);
    if (sequence === this.#seen || sequence % 2 !== 0) return null;
    const length = Atomics.load(this.#words, BYTES);
    if (TEXT_AT + length > this.shared.byteLength) return null;
    const text = Buffer.from(new Uint8Array(this.shared, TEXT_AT, length)).toString("utf8");
    if (Atomics.load(this.#words, SEQUENCE) !== sequence) return null;
    this.#seen = sequence;
    return text;
  }
}
