// Bytes that wait, in the order in which they came. Small chunks are joined as they come: a Buffer
// costs some 200 bytes beside what it holds, and may be a window on one many times its size, so a
// bound on bytes alone would let a sender of tiny chunks take a hundred times as much memory.
//
//     large │ full block │ large │ open block, or one small chunk as it came
//
// Of n bytes there are at most n / 8 KiB + 2 pieces, and the memory behind them is at most 2n and
// twice the largest read (128 KiB): so whoever bounds `bytes` bounds all that is kept.

/** From this size on a chunk stays as it came. */
const LARGE_BYTES = 16_384;
/** Small chunks are joined up to this size, a read's. */
const BLOCK_BYTES = 65_536;
const FIRST_BLOCK_BYTES = 2_048;

export class ByteQueue {
  bytes = 0;
  #pieces: Buffer[] = [];
  /** Behind all: the last small chunk as it came, or the block that small ones are copied into. */
  #last: Buffer | null = null;
  /** Bytes of the block that are in use; -1: it is a chunk as it came. */
  #used = -1;

  /** The chunk is the queue's from now on. */
  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.bytes += chunk.length;
    if (chunk.length < LARGE_BYTES) return this.#pushSmall(chunk);
    this.#settle();
    this.#pieces.push(isSmallWindow(chunk) ? Buffer.from(chunk) : chunk);
  }

  /** The next piece; null: there is none. */
  shift(): Buffer | null {
    if (this.#pieces.length === 0) this.#close();
    const piece = this.#pieces.shift() ?? null;
    if (piece !== null) this.bytes -= piece.length;
    return piece;
  }

  /** All pieces, which stay. */
  pieces(): readonly Buffer[] {
    this.#close();
    return this.#pieces;
  }

  /** All that is there in one piece, which stays. */
  whole(): Buffer {
    this.#close();
    if (this.#pieces.length !== 1) {
      const whole = Buffer.concat(this.#pieces);
      this.#pieces = whole.length === 0 ? [] : [whole];
      return whole;
    }
    return this.#pieces[0] ?? NO_BYTES;
  }

  /** All that is there in one piece; null: nothing is. */
  takeWhole(): Buffer | null {
    const whole = this.bytes === 0 ? null : this.whole();
    this.clear();
    return whole;
  }

  clear(): void {
    this.bytes = 0;
    this.#pieces = [];
    this.#last = null;
  }

  #pushSmall(chunk: Buffer): void {
    const last = this.#last;
    if (last === null) {
      this.#last = chunk;
      this.#used = -1;
      return;
    }
    const used = this.#used === -1 ? last.length : this.#used;
    const needed = used + chunk.length;
    if (needed > BLOCK_BYTES) {
      this.#settle();
      this.#pushSmall(chunk);
      return;
    }
    const block = this.#used !== -1 && needed <= last.length ? last : grown(last, used, needed);
    block.set(chunk, used);
    this.#last = block;
    this.#used = needed;
  }

  /** The last chunk stays, with others behind it: not as a window on much more than itself. */
  #settle(): void {
    const last = this.#last;
    if (last !== null && this.#used === -1 && isSmallWindow(last)) this.#last = Buffer.from(last);
    this.#close();
  }

  /** What is last gets no more: nobody writes into a piece that may be in somebody's hands. */
  #close(): void {
    const last = this.#last;
    if (last === null) return;
    this.#pieces.push(this.#used === -1 ? last : last.subarray(0, this.#used));
    this.#last = null;
  }
}

const NO_BYTES = Buffer.alloc(0);

/** On a buffer of more than twice its size, which it would keep. */
const isSmallWindow = (chunk: Buffer): boolean => chunk.length * 2 < chunk.buffer.byteLength;

/** Twice as large as needed, so that each byte is copied twice at most. */
function grown(from: Buffer, used: number, needed: number): Buffer {
  const size = Math.min(BLOCK_BYTES, Math.max(FIRST_BLOCK_BYTES, needed * 2));
  const block = Buffer.allocUnsafeSlow(size);
  block.set(used === from.length ? from : from.subarray(0, used), 0);
  return block;
}
