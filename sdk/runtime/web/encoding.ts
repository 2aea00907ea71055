// TextEncoder and TextDecoder of the Encoding standard. The decoder knows utf-8, utf-16le and
// windows-1252 (which is what the labels latin1 and iso-8859-1 mean on the web), and asks the host
// for all others.

import {
  mapGet,
  mathMin,
  NativeArrayBuffer,
  NativeUint8Array,
  NativeUint16Array,
  regexpExec,
  stringCharCodeAt,
  stringSlice,
  stringToLowerCase,
  stringToWellFormed,
  uncurry,
} from "../primordials.ts";
import { type BufferSource, bytesOf, isBufferSource } from "./bytes.ts";
import { LegacyDecoder, legacyEncodingOf } from "./legacy-encoding.ts";
import { textOfUnits } from "./text-units.ts";
import { ASCII_BLANKS, trimBlanks } from "./trim.ts";
import { encodeUtf8, encodeUtf8Into, latin1OfBytes, Utf8Decoder } from "./utf8.ts";

export class TextEncoder {
  get encoding(): "utf-8" {
    return "utf-8";
  }

  encode(input: string = ""): Uint8Array<ArrayBuffer> {
    return encodeUtf8(`${input}`);
  }

  /** Whole characters only. `read` counts UTF-16 units, `written` bytes. */
  encodeInto(source: string, destination: Uint8Array): { read: number; written: number } {
    return encodeUtf8Into(`${source}`, destination);
  }
}

export interface TextDecoderOptions {
  /** Throw a TypeError at malformed input instead of putting U+FFFD in its place. */
  fatal?: boolean;
  /** Keep a byte order mark in the text. */
  ignoreBOM?: boolean;
}

interface Decoder {
  decode(bytes: Uint8Array, isLast: boolean): string;
  reset(): void;
}

export class TextDecoder {
  readonly #encoding: string;
  readonly #isFatal: boolean;
  readonly #keepsMark: boolean;
  readonly #decoder: Decoder;
  #isStarted = false;

  constructor(label: string = "utf-8", options: TextDecoderOptions = {}) {
    this.#encoding = encodingOf(`${label}`);
    this.#isFatal = Boolean(options?.fatal);
    this.#keepsMark = Boolean(options?.ignoreBOM);
    this.#decoder = decoderOf(this.#encoding, this.#isFatal);
  }

  get encoding(): string {
    return this.#encoding;
  }

  get fatal(): boolean {
    return this.#isFatal;
  }

  get ignoreBOM(): boolean {
    return this.#keepsMark;
  }

  /** `stream`: more will follow; a character cut in two is held until then. */
  decode(input: BufferSource | undefined = undefined, options: { stream?: boolean } = {}): string {
    const isLast = !options?.stream;
    const text = this.#text(
      input === undefined ? new NativeUint8Array(0) : bytesOfInput(input),
      isLast,
    );
    const isMarked = !this.#isStarted && !this.#keepsMark && stringCharCodeAt(text, 0) === 0xfeff;
    if (isLast) this.#isStarted = false;
    else if (text.length > 0) this.#isStarted = true;
    return isMarked && isUnicode(this.#encoding) ? stringSlice(text, 1) : text;
  }

  #text(bytes: Uint8Array, isLast: boolean): string {
    try {
      return this.#decoder.decode(bytes, isLast);
    } catch (error) {
      this.#decoder.reset();
      this.#isStarted = false;
      throw error;
    }
  }
}

function bytesOfInput(input: unknown): Uint8Array {
  if (!isBufferSource(input)) {
    throw new TypeError("Cannot decode: expected an ArrayBuffer or a view of one");
  }
  return bytesOf(input);
}

function decoderOf(encoding: string, isFatal: boolean): Decoder {
  if (encoding === "utf-8") return new Utf8Decoder(isFatal);
  if (encoding === "utf-16le") return new Utf16Decoder(isFatal);
  if (encoding === "windows-1252") return new Windows1252Decoder();
  return new LegacyDecoder(encoding, isFatal);
}

/** Those whose texts may begin with a byte order mark. */
const isUnicode = (encoding: string): boolean =>
  encoding === "utf-8" || encoding === "utf-16le" || encoding === "utf-16be";

const isWellFormed: (text: string) => boolean = uncurry(String.prototype.isWellFormed);

/** Holds an odd byte and a high surrogate until the next chunk. */
class Utf16Decoder implements Decoder {
  readonly #isFatal: boolean;
  #oddByte = -1;
  #highSurrogate = -1;

  constructor(isFatal: boolean) {
    this.#isFatal = isFatal;
  }

  decode(bytes: Uint8Array, isLast: boolean): string {
    let text = "";
    for (let start = 0; start < bytes.length; start += 4096) {
      text += this.#decodePart(bytes, start, mathMin(start + 4096, bytes.length));
    }
    if (isLast && this.#highSurrogate !== -1) text += "\ud800";
    // A lone low surrogate stands for the odd byte: both are one replacement character.
    if (isLast && this.#oddByte !== -1) text += this.#highSurrogate === -1 ? "\udc00" : "";
    if (isLast) this.reset();
    if (isWellFormed(text)) return text;
    if (this.#isFatal) throw new TypeError("The encoded data is not valid utf-16le");
    return stringToWellFormed(text);
  }

  reset(): void {
    this.#oddByte = -1;
    this.#highSurrogate = -1;
  }

  #decodePart(bytes: Uint8Array, start: number, end: number): string {
    // Room for an odd byte and a surrogate more.
    const buffer = new NativeArrayBuffer((end - start + 4) & ~1);
    const units = new NativeUint16Array(buffer);
    let count = 0;
    if (this.#highSurrogate !== -1) units[count++] = this.#highSurrogate;
    this.#highSurrogate = -1;
    for (let index = start; index < end; index++) {
      const byte = bytes[index] ?? 0;
      if (this.#oddByte === -1) {
        this.#oddByte = byte;
        continue;
      }
      units[count++] = this.#oddByte | (byte << 8);
      this.#oddByte = -1;
    }
    const last = count === 0 ? 0 : (units[count - 1] ?? 0);
    if (last >= 0xd800 && last <= 0xdbff) {
      this.#highSurrogate = last;
      count--;
    }
    return textOfUnits(new NativeUint16Array(buffer, 0, count));
  }
}

/** What 0x80 to 0x9f are in windows-1252; every other byte is the character of its number. */
const WINDOWS_1252_HIGH =
  "\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f" +
  "\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178";
const WINDOWS_1252_MAPPED = /[\x80-\x9f]/;

class Windows1252Decoder implements Decoder {
  decode(bytes: Uint8Array, _isLast: boolean): string {
    const text = latin1OfBytes(bytes);
    if (regexpExec(WINDOWS_1252_MAPPED, text) === null) return text;
    let mapped = "";
    for (let index = 0; index < text.length; index++) {
      const unit = stringCharCodeAt(text, index);
      mapped += unit >= 0x80 && unit <= 0x9f ? WINDOWS_1252_HIGH[unit - 0x80] : text[index];
    }
    return mapped;
  }

  reset(): void {}
}

const LABELS: ReadonlyMap<string, string> = new Map([
  ...namesOf("utf-8", "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8"),
  ...namesOf("utf-16le", "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le"),
  ...namesOf("windows-1252", "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1"),
  ...namesOf("windows-1252", "iso-ir-100 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1"),
  ...namesOf("windows-1252", "us-ascii windows-1252 x-cp1252"),
]);

function namesOf(encoding: string, labels: string): [string, string][] {
  return labels.split(" ").map((label) => [label, encoding]);
}

function encodingOf(label: string): string {
  const name = stringToLowerCase(trimBlanks(label, ASCII_BLANKS));
  const encoding = mapGet(LABELS, name) ?? legacyEncodingOf(name);
  if (encoding !== "") return encoding;
  throw new RangeError(`There is no encoding "${label}": expected a label such as utf-8 or gbk`);
}
