// Texts that one thread writes and all others read, in shared memory. No message is needed: to see
// whether there is a new text costs two atomic loads. Texts are appended, so each reader reads
// each text once; now and then all texts that still count are written anew.
//
//   [epoch, end] [bytes, text as UTF-8] [bytes, text] …      epoch is odd while it is written anew

const EPOCH = 0;
/** Behind the last text, from the first one on. */
const END = 1;
const TEXTS_AT = 8;
const LENGTH_BYTES = 4;
const STEP_BYTES = 65_536;

export interface News {
  readonly texts: readonly string[];
  /** These are all that count: what the reader had before does not. */
  readonly isWhole: boolean;
}

export class Board {
  readonly shared: SharedArrayBuffer;
  readonly #words: Int32Array;
  /** What the texts took when they were written anew. */
  #wholeBytes = 0;
  #epoch = 0;
  #readBytes = 0;

  constructor(shared: SharedArrayBuffer) {
    this.shared = shared;
    this.#words = new Int32Array(shared, 0, 2);
  }

  /** @param bytesMax what it may grow to; only what is used takes memory */
  static make(bytesMax: number): Board {
    const bytes = Math.min(STEP_BYTES, bytesMax);
    return new Board(new SharedArrayBuffer(bytes, { maxByteLength: bytesMax }));
  }

  /** One thread alone. False, with nothing changed: it is time to write all of it anew. */
  append(text: string): boolean {
    const start = Atomics.load(this.#words, END);
    const bytes = Buffer.from(text);
    const end = start + LENGTH_BYTES + bytes.length;
    if (end > 2 * this.#wholeBytes + STEP_BYTES || !this.#grow(end)) return false;
    this.#put(bytes, start);
    Atomics.store(this.#words, END, end);
    return true;
  }

  /** One thread alone. Throws a RangeError, with nothing changed, if they are too long. */
  rewrite(texts: readonly string[]): void {
    const all = texts.map((text) => Buffer.from(text));
    const end = all.reduce((sum, { length }) => sum + LENGTH_BYTES + length, 0);
    if (!this.#grow(end)) {
      const bytesMax = this.shared.maxByteLength - TEXTS_AT;
      throw new RangeError(`expected at most ${bytesMax} bytes of text, got ${end}`);
    }
    Atomics.add(this.#words, EPOCH, 1);
    let at = 0;
    for (const bytes of all) at = this.#put(bytes, at);
    Atomics.store(this.#words, END, end);
    Atomics.add(this.#words, EPOCH, 1);
    this.#wholeBytes = end;
  }

  /** What this reader has not read yet; null: nothing, or all of it is being written anew. */
  news(): News | null {
    const epoch = Atomics.load(this.#words, EPOCH);
    const end = Atomics.load(this.#words, END);
    const isWhole = epoch !== this.#epoch;
    const start = isWhole ? 0 : this.#readBytes;
    if (epoch % 2 !== 0 || (!isWhole && end === start)) return null;
    if (start > end || TEXTS_AT + end > this.shared.byteLength) return null;
    const copy = Buffer.from(new Uint8Array(this.shared, TEXTS_AT + start, end - start));
    // written anew meanwhile: what was copied may be half of it
    if (Atomics.load(this.#words, EPOCH) !== epoch) return null;
    this.#epoch = epoch;
    this.#readBytes = end;
    return { texts: textsOf(copy), isWhole };
  }

  /** False: it may not grow that far. */
  #grow(end: number): boolean {
    const { byteLength, maxByteLength } = this.shared;
    const wanted = TEXTS_AT + end;
    if (wanted > maxByteLength) return false;
    if (wanted > byteLength) this.shared.grow(Math.min(wanted + STEP_BYTES, maxByteLength));
    return true;
  }

  #put(bytes: Buffer, at: number): number {
    const place = Buffer.from(this.shared, TEXTS_AT + at, LENGTH_BYTES + bytes.length);
    place.writeUInt32LE(bytes.length);
    place.set(bytes, LENGTH_BYTES);
    return at + place.length;
  }
}

function textsOf(bytes: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const start = at + LENGTH_BYTES;
    at = start + bytes.readUInt32LE(at);
    texts.push(bytes.toString("utf8", start, at));
  }
  return texts;
}
