// Writing a frame, and checking the arithmetic of one. Both sides of the wall use this file: the
// host writes what goes in and checks what comes out, the runtime inside the isolate the other
// way round. What comes out of an isolate is hostile input, so `frameFault` is total: any words,
// any lengths.

import { FRAME_RECORDS_MAX, RECORD_WORDS } from "./records.ts";
import type { Shape } from "./shapes.ts";

/** Appends records to a window, their texts to one string, their bytes to one list. */
export class FrameWriter {
  readonly words: Int32Array;
  /** Records written so far. */
  count = 0;
  /** The text section so far. */
  text = "";
  /** The byte section so far, in parts. */
  bytes: Uint8Array[] = [];
  #byteCount = 0;

  constructor(words: Int32Array) {
    this.words = words;
  }

  /** Records that still fit. */
  get room(): number {
    return FRAME_RECORDS_MAX - this.count;
  }

  /** Characters and bytes so far. */
  get size(): number {
    return this.text.length + this.#byteCount;
  }

  /** Adds a record; the caller appends its texts to `text` in the order of its length words. */
  record(kind: number, a = 0, b = 0, c = 0, d = 0, e = 0): void {
    const words = this.words;
    const at = this.count * RECORD_WORDS;
    words[at] = kind;
    words[at + 1] = a;
    words[at + 2] = b;
    words[at + 3] = c;
    words[at + 4] = d;
    words[at + 5] = e;
    this.count++;
  }

  /** Adds to the byte section; the record that says how much is the caller's. */
  addBytes(part: Uint8Array): void {
    const { length } = part;
    this.bytes[this.bytes.length] = part;
    this.#byteCount += length;
  }

  clearBytes(): void {
    if (this.bytes.length > 0) this.bytes = [];
    this.#byteCount = 0;
  }

  reset(): void {
    this.clearBytes();
    this.count = 0;
    this.text = "";
  }
}

export interface FrameSizes {
  /** Records, length of the text section, and length of the byte section. */
  readonly count: number;
  readonly text: number;
  readonly bytes: number;
}

/**
 * What is wrong with a frame's arithmetic, or null: unknown kinds, negative lengths, lengths that
 * do not add up to the sections exactly.
 */
export function frameFault(
  words: Int32Array,
  sizes: FrameSizes,
  shapes: readonly (Shape | undefined)[],
): string | null {
  if (sizes.count < 0 || sizes.count > FRAME_RECORDS_MAX) return `${sizes.count} records`;
  let text = 0;
  let bytes = 0;
  for (let record = 0; record < sizes.count; record++) {
    const at = record * RECORD_WORDS;
    const shape = shapes[words[at] ?? 0];
    if (shape === undefined) return `record ${record} is of no known kind`;
    const textLength = sum(words, at, shape.text);
    const bytesLength = sum(words, at, shape.bytes);
    if (textLength < 0 || bytesLength < 0) return `record ${record} has a negative length`;
    text += textLength;
    bytes += bytesLength;
  }
  if (text !== sizes.text) return `texts of ${text} in a section of ${sizes.text}`;
  if (bytes !== sizes.bytes) return `bytes of ${bytes} in a section of ${sizes.bytes}`;
  return null;
}

/** Sum of the length words of one record; -1 if one of them is negative. */
function sum(words: Int32Array, at: number, lengths: readonly number[]): number {
  let total = 0;
  for (let i = 0; i < lengths.length; i++) {
    const length = words[at + (lengths[i] ?? 0)] ?? -1;
    if (length < 0) return -1;
    total += length;
  }
  return total;
}

const NOT_ASCII = /[\u0080-\uffff]/g;

/** JSON text with every character beyond ASCII escaped, so that a text section stays latin1. */
export function escapeJson(json: string): string {
  return json.replace(NOT_ASCII, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
