// The places of a source map, decoded (ECMA-426): which place of which source each piece of the
// generated text comes from. Node's own SourceMap takes 3 s and 700 MB for the worst map that may
// be uploaded, in each worker; this takes some 50 ms and 16 bytes a piece.

/** A piece: column from which it goes, source (-1: none), line and column there; from 0. */
const FIELDS = 4;
const COMMA = 44;
const SEMICOLON = 59;
const CONTINUES = 32;
/** What a number of a source map has at most: more would not fit. */
const SHIFT_MAX = 30;

/** Digits of base 64 by the code of their character; -1: it is none. */
const DIGITS = new Int8Array(128).fill(-1);
for (const [digit, char] of [
  ..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
].entries()) {
  DIGITS[char.charCodeAt(0)] = digit;
}

export interface MappedPlace {
  readonly source: number;
  readonly line: number;
  readonly column: number;
}

export class Mappings {
  /** By line, its first piece; one more at the end. */
  readonly #lines: Int32Array;
  readonly #pieces: Int32Array;

  /** Throws a SyntaxError for what is no list of mappings. */
  constructor(text: string) {
    let lines = 1;
    let pieces = 1;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === SEMICOLON) lines++;
      if (code === SEMICOLON || code === COMMA) pieces++;
    }
    this.#lines = new Int32Array(lines + 1);
    this.#pieces = new Int32Array(pieces * FIELDS);
    this.#decode(text);
  }

  /** The piece that has this place, from 0; null: there is none, or it has no source. */
  find(line: number, column: number): MappedPlace | null {
    const end = this.#lines[line + 1];
    let low = this.#lines[line] ?? 0;
    let high = (end ?? 0) - 1;
    if (end === undefined || low > high || this.#at(low) > column) return null;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#at(middle) <= column) low = middle;
      else high = middle - 1;
    }
    const [source = -1, sourceLine = 0, sourceColumn = 0] = this.#pieces.subarray(
      low * FIELDS + 1,
      (low + 1) * FIELDS,
    );
    return source < 0 ? null : { source, line: sourceLine, column: sourceColumn };
  }

  #at(piece: number): number {
    return this.#pieces[piece * FIELDS] ?? 0;
  }

  #decode(text: string): void {
    const numbers = new Numbers(text);
    let [piece, line, column, source, sourceLine, sourceColumn] = [0, 0, 0, 0, 0, 0];
    while (!numbers.isDone) {
      if (numbers.skip(SEMICOLON)) {
        this.#lines[++line] = piece;
        column = 0;
        continue;
      }
      if (numbers.skip(COMMA)) continue;
      column += numbers.next();
      const hasSource = numbers.isNumber;
      if (hasSource) {
        source += numbers.next();
        sourceLine += numbers.next();
        sourceColumn += numbers.next();
        // the index of a name, which nobody asks for
        if (numbers.isNumber) numbers.next();
      }
      const at = piece++ * FIELDS;
      this.#pieces[at] = column;
      this.#pieces[at + 1] = hasSource ? source : -1;
      this.#pieces[at + 2] = sourceLine;
      this.#pieces[at + 3] = sourceColumn;
    }
    this.#lines[line + 1] = piece;
  }
}

/** Numbers of base 64, each in digits of five bits, the lowest first, the lowest bit its sign. */
export class Numbers {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** How much of the text has been read. */
  get at(): number {
    return this.#at;
  }

  get isDone(): boolean {
    return this.#at >= this.#text.length;
  }

  get isNumber(): boolean {
    const code = this.#text.charCodeAt(this.#at);
    return !this.isDone && code !== COMMA && code !== SEMICOLON;
  }

  skip(separator: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== separator) return false;
    this.#at++;
    return true;
  }

  next(): number {
    let value = 0;
    for (let shift = 0; shift <= SHIFT_MAX; shift += 5) {
      const digit = DIGITS[this.#text.charCodeAt(this.#at++)] ?? -1;
      if (digit < 0) break;
      value |= (digit & (CONTINUES - 1)) << shift;
      if (digit < CONTINUES) return (value & 1) === 1 ? -(value >>> 1) : value >>> 1;
    }
    throw new SyntaxError(`expected a source map's mappings, got another text at ${this.#at}`);
  }
}
