// The chunked coding, RFC 9112 section 7.1, read strictly: hexadecimal digits, CRLF and nothing
// else around the data; in responses, blanks behind a size. Extensions are skipped, and bounded;
// trailers are checked and filtered.

import { type ErrorCode, SluiceError } from "../base/errors.ts";
import type { BodyDecoder, BodySink } from "./body.ts";
import type { CodecLimits } from "./limits.ts";
import { readTrailers } from "./trailers.ts";

export interface ChunkedTerms {
  /**
   * Whether blanks may stand behind a size (section 7.1.1). Parsers differ in whether they skip
   * them, which matters where the bytes behind a body may be another's request.
   */
  readonly allowsBlanks: boolean;
  /** The errors of what is wrong. */
  readonly invalid: ErrorCode;
  readonly truncated: ErrorCode;
  readonly trailersTooLarge: ErrorCode;
}

/** What the next byte has to be. */
const STATE = {
  size: 0,
  extension: 1,
  sizeLf: 2,
  data: 3,
  dataCr: 4,
  dataLf: 5,
  trailers: 6,
  done: 7,
  blanks: 8,
} as const;

const LF = 10;
const CR = 13;
const TAB = 9;
const SPACE = 32;
const SEMICOLON = 59;
const DELETE = 127;

/** Moved by hand: a call costs more. */
const SHORT_BYTES = 32;

/** Digits of a size, leading zeros counted; the value is bounded apart from that. */
const SIZE_DIGITS_MAX = 16;

/** Value of a hexadecimal digit by its code; -1: not one. */
const HEX = new Int8Array(256).fill(-1);
for (const [value, digit] of [..."0123456789abcdef"].entries()) {
  HEX[digit.charCodeAt(0)] = value;
  HEX[digit.toUpperCase().charCodeAt(0)] = value;
}

export class ChunkedBody implements BodyDecoder {
  readonly #nominated: ReadonlySet<string> | null;
  readonly #limits: CodecLimits;
  readonly #terms: ChunkedTerms;
  #state: number = STATE.size;
  /** Of the chunk: read so far in `size`, left to come in `data`. */
  #size = 0;
  #digits = 0;
  /**
   * Bytes of extensions still allowed: what the limit gives, and as much as the body has brought.
   */
  #extensionLeft: number;
  /** The last chunk's CRLF and what has come behind it: at CRLF CRLF the section ends. */
  #section = "\r\n";
  /** Where the data of this read has been gathered; in it there is none between two calls. */
  #dataStart = 0;
  #dataEnd = 0;

  constructor(nominated: ReadonlySet<string> | null, limits: CodecLimits, terms: ChunkedTerms) {
    this.#nominated = nominated;
    this.#limits = limits;
    this.#terms = terms;
    this.#extensionLeft = limits.chunkExtensionBytesMax;
  }

  get isDone(): boolean {
    return this.#state === STATE.done;
  }

  feed(bytes: Buffer, from: number, sink: BodySink): number {
    let at = from;
    this.#dataStart = 0;
    this.#dataEnd = 0;
    while (at < bytes.length && this.#state !== STATE.done) {
      if (this.#state === STATE.data) at = this.#gather(bytes, at);
      else if (this.#state === STATE.extension) at = this.#skipExtension(bytes, at);
      else if (this.#state === STATE.trailers) at = this.#readSection(bytes, at, sink);
      else this.#readByte(bytes[at++] ?? 0);
    }
    this.#pass(bytes, sink);
    return at;
  }

  close(): void {
    if (this.#state === STATE.done) return;
    throw new SluiceError(this.#terms.truncated, "Cannot finish body: its last chunk is missing");
  }

  #readByte(code: number): void {
    if (this.#state === STATE.size) {
      this.#readSize(code);
      return;
    }
    if (this.#state === STATE.blanks) {
      this.#endSize(code);
      return;
    }
    if (this.#state === STATE.dataCr) {
      if (code !== CR) throw this.#invalid("expected CRLF behind a chunk");
      this.#state = STATE.dataLf;
      return;
    }
    if (code !== LF) throw this.#invalid("expected LF behind CR");
    if (this.#state === STATE.sizeLf) {
      this.#state = this.#size === 0 ? STATE.trailers : STATE.data;
      return;
    }
    this.#state = STATE.size;
    this.#size = 0;
    this.#digits = 0;
  }

  #readSize(code: number): void {
    const value = HEX[code] ?? -1;
    if (value !== -1) {
      this.#size = this.#size * 16 + value;
      if (++this.#digits <= SIZE_DIGITS_MAX && this.#size <= Number.MAX_SAFE_INTEGER) return;
      throw this.#invalid("expected a chunk size below 2^53");
    }
    if (this.#digits === 0) throw this.#invalid("expected a hexadecimal chunk size");
    this.#extensionLeft += this.#size;
    this.#endSize(code);
  }

  /** What stands behind the digits. */
  #endSize(code: number): void {
    if (code === CR) this.#state = STATE.sizeLf;
    else if (code === SEMICOLON) this.#state = STATE.extension;
    else if (this.#terms.allowsBlanks && (code === SPACE || code === TAB)) {
      this.#state = STATE.blanks;
      if (--this.#extensionLeft < 0) throw this.#invalid("too many blanks behind a chunk size");
    } else throw this.#invalid("expected a hexadecimal chunk size");
  }

  #skipExtension(bytes: Buffer, from: number): number {
    let at = from;
    for (; at < bytes.length; at++) {
      const code = bytes[at] ?? 0;
      if (code === CR) break;
      if ((code < SPACE && code !== TAB) || code === DELETE) {
        throw this.#invalid("a control character in a chunk extension");
      }
    }
    this.#extensionLeft -= at - from;
    if (this.#extensionLeft < 0) throw this.#invalid("too many bytes of chunk extensions");
    if (at === bytes.length) return at;
    this.#state = STATE.sizeLf;
    return at + 1;
  }

  /**
   * The data of one read goes on in one piece, whatever the chunks: it is moved together, over the
   * framing in between, which nobody needs any more.
   */
  #gather(bytes: Buffer, from: number): number {
    const end = Math.min(bytes.length, from + this.#size);
    this.#size -= end - from;
    if (this.#size === 0) this.#state = STATE.dataCr;
    if (this.#dataEnd === 0) this.#dataStart = this.#dataEnd = from;
    const to = this.#dataEnd;
    this.#dataEnd = to + end - from;
    if (to === from) return end;
    if (end - from > SHORT_BYTES) bytes.copyWithin(to, from, end);
    else for (let i = from; i < end; i++) bytes[to + i - from] = bytes[i] ?? 0;
    return end;
  }

  #pass(bytes: Buffer, sink: BodySink): void {
    const start = this.#dataStart;
    const end = this.#dataEnd;
    this.#dataStart = this.#dataEnd = 0;
    if (start === end) return;
    sink.onBody(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end));
  }

  #readSection(bytes: Buffer, from: number, sink: BodySink): number {
    const before = this.#section;
    const room = this.#limits.trailerBytesMax + 4 - before.length;
    const piece = bytes.toString("latin1", from, Math.min(bytes.length, from + room));
    this.#section = before + piece;
    const end = this.#section.indexOf("\r\n\r\n", Math.max(0, before.length - 3));
    if (end === -1) {
      if (this.#section.length <= this.#limits.trailerBytesMax) return from + piece.length;
      throw new SluiceError(this.#terms.trailersTooLarge, "Cannot read body: trailers too large");
    }
    const trailers = readTrailers(this.#section.slice(2, end + 2), this.#nominated);
    if (trailers === null) throw this.#invalid("a trailer line is not a header field");
    this.#state = STATE.done;
    this.#pass(bytes, sink);
    sink.onBodyEnd(trailers);
    return from + end + 4 - before.length;
  }

  #invalid(what: string): SluiceError {
    return new SluiceError(this.#terms.invalid, `Cannot read body: ${what}`);
  }
}
