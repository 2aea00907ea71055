// Text to UTF-8 bytes and back, and bytes as latin1 text: the loops under TextEncoder, TextDecoder
// and bodies. A bare isolate has no native coder, so the ASCII runs have a path of their own.

import {
  bytesCopy,
  bytesSet,
  bytesView,
  mathMin,
  NativeArrayBuffer,
  NativeUint8Array,
  NativeUint16Array,
  regexpExec,
  stringCharCodeAt,
} from "../primordials.ts";
import { textOfUnits, UNITS_PER_CALL } from "./text-units.ts";

const NON_ASCII = /[^\0-\x7f]/;
const REPLACEMENT = 0xfffd;

/** Whether each unit of the text is one byte in UTF-8 too. */
export function isAscii(text: string): boolean {
  return regexpExec(NON_ASCII, text) === null;
}

/** Lone surrogates become U+FFFD. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  const { length } = text;
  const ascii = new NativeUint8Array(length);
  let index = 0;
  for (; index < length; index++) {
    const unit = stringCharCodeAt(text, index);
    if (unit > 0x7f) break;
    ascii[index] = unit;
  }
  if (index === length) return ascii;

  const bytes = new NativeUint8Array(index + (length - index) * 3);
  bytesSet(bytes, bytesView(ascii, 0, index));
  return bytesCopy(bytes, 0, encodeUtf8Into(text, bytes, index).written);
}

/**
 * Writes whole characters from `text` while they fit, the first `from` units being there already.
 * `read` counts UTF-16 units, `written` bytes, both from the start.
 */
export function encodeUtf8Into(
  text: string,
  bytes: Uint8Array,
  from = 0,
): { read: number; written: number } {
  const { length } = text;
  const room = bytes.length;
  let read = from;
  let written = from;
  while (read < length) {
    const unit = stringCharCodeAt(text, read);
    const code = unit >= 0xd800 && unit <= 0xdfff ? codePointAt(text, read, unit) : unit;
    const size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (written + size > room) break;
    writeCodePoint(bytes, written, code);
    written += size;
    read += code > 0xffff ? 2 : 1;
  }
  return { read, written };
}

function codePointAt(text: string, index: number, high: number): number {
  if (high > 0xdbff || index + 1 === text.length) return REPLACEMENT;
  const low = stringCharCodeAt(text, index + 1);
  if (low < 0xdc00 || low > 0xdfff) return REPLACEMENT;
  return ((high - 0xd800) << 10) + (low - 0xdc00) + 0x10000;
}

function writeCodePoint(bytes: Uint8Array, at: number, code: number): void {
  if (code < 0x80) {
    bytes[at] = code;
  } else if (code < 0x800) {
    bytes[at] = 0xc0 | (code >> 6);
    bytes[at + 1] = 0x80 | (code & 0x3f);
  } else if (code < 0x10000) {
    bytes[at] = 0xe0 | (code >> 12);
    bytes[at + 1] = 0x80 | ((code >> 6) & 0x3f);
    bytes[at + 2] = 0x80 | (code & 0x3f);
  } else {
    bytes[at] = 0xf0 | (code >> 18);
    bytes[at + 1] = 0x80 | ((code >> 12) & 0x3f);
    bytes[at + 2] = 0x80 | ((code >> 6) & 0x3f);
    bytes[at + 3] = 0x80 | (code & 0x3f);
  }
}

/** A copy of whole bytes. */
export function copyBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new NativeUint8Array(bytes);
}

/** One character for each byte. */
export function latin1OfBytes(bytes: Uint8Array): string {
  const { length } = bytes;
  let text = "";
  for (let start = 0; start < length; start += UNITS_PER_CALL) {
    const end = mathMin(start + UNITS_PER_CALL, length);
    text += textOfUnits(bytesView(bytes, start, end));
  }
  return text;
}

/** The low byte of each unit. */
export function bytesOfLatin1(text: string): Uint8Array<ArrayBuffer> {
  const { length } = text;
  const bytes = new NativeUint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = stringCharCodeAt(text, index);
  return bytes;
}

/**
 * The state of the UTF-8 decoder between two chunks: that of the Encoding standard, section
 * 8.1.1.
 */
export class Utf8Decoder {
  readonly #isFatal: boolean;
  #codePoint = 0;
  #needed = 0;
  #lower = 0x80;
  #upper = 0xbf;

  constructor(isFatal: boolean) {
    this.#isFatal = isFatal;
  }

  /** Throws a TypeError at the first bad byte if fatal. `isLast`: nothing may be left open. */
  decode(bytes: Uint8Array, isLast: boolean): string {
    const { length } = bytes;
    let text = "";
    let index = 0;
    while (index < length) {
      const end = mathMin(index + UNITS_PER_CALL, length);
      const run = this.#needed === 0 ? asciiEnd(bytes, index, end) : index;
      if (run > index) text += textOfUnits(bytesView(bytes, index, run));
      if (run < end) text += this.#decodeMixed(bytes, run, end);
      index = end;
    }
    if (!isLast || this.#needed === 0) return text;
    this.reset();
    this.#refuse();
    return `${text}\ufffd`;
  }

  reset(): void {
    this.#codePoint = 0;
    this.#needed = 0;
    this.#lower = 0x80;
    this.#upper = 0xbf;
  }

  #refuse(): void {
    if (this.#isFatal) throw new TypeError("The encoded data is not valid utf-8");
  }

  #decodeMixed(bytes: Uint8Array, start: number, end: number): string {
    // A sequence that the last chunk began may end in two units here, and a broken one adds one.
    const buffer = new NativeArrayBuffer((end - start + 2) * 2);
    const units = new NativeUint16Array(buffer);
    let count = 0;
    for (let index = start; index < end; index++) {
      const byte = bytes[index] ?? 0;
      if (this.#needed === 0) {
        if (byte < 0x80) units[count++] = byte;
        else if (!this.#lead(byte)) units[count++] = this.#replace();
        continue;
      }
      if (byte < this.#lower || byte > this.#upper) {
        this.reset();
        units[count++] = this.#replace();
        index--; // this byte may begin a sequence of its own
        continue;
      }
      this.#lower = 0x80;
      this.#upper = 0xbf;
      this.#codePoint = (this.#codePoint << 6) | (byte & 0x3f);
      if (--this.#needed > 0) continue;
      const code = this.#codePoint;
      if (code > 0xffff) {
        units[count++] = 0xd800 + ((code - 0x10000) >> 10);
        units[count++] = 0xdc00 + (code & 0x3ff);
      } else {
        units[count++] = code;
      }
    }
    return textOfUnits(new NativeUint16Array(buffer, 0, count));
  }

  /**
   * False if no sequence begins with this byte. The bounds keep out overlong forms and
   * surrogates.
   */
  #lead(byte: number): boolean {
    if (byte >= 0xc2 && byte <= 0xdf) {
      this.#needed = 1;
      this.#codePoint = byte & 0x1f;
      return true;
    }
    if (byte >= 0xe0 && byte <= 0xef) {
      if (byte === 0xe0) this.#lower = 0xa0;
      if (byte === 0xed) this.#upper = 0x9f;
      this.#needed = 2;
      this.#codePoint = byte & 0x0f;
      return true;
    }
    if (byte >= 0xf0 && byte <= 0xf4) {
      if (byte === 0xf0) this.#lower = 0x90;
      if (byte === 0xf4) this.#upper = 0x8f;
      this.#needed = 3;
      this.#codePoint = byte & 0x07;
      return true;
    }
    return false;
  }

  #replace(): number {
    this.#refuse();
    return REPLACEMENT;
  }
}

function asciiEnd(bytes: Uint8Array, start: number, end: number): number {
  let index = start;
  while (index < end && (bytes[index] ?? 0) < 0x80) index++;
  return index;
}
