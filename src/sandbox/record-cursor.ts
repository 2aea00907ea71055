// Walks over the records of a frame that came out of an isolate, and cuts their texts and bytes out
// of its sections. The frame's arithmetic has been checked by then (wire/frame.ts).

import { RECORD_WORDS } from "../wire/records.ts";
import { OUT_SHAPES } from "../wire/shapes.ts";

export interface OutFrame {
  readonly words: Int32Array;
  readonly count: number;
  readonly text: string;
  readonly bytes: Buffer;
}

export class RecordCursor {
  readonly #frame: OutFrame;
  /** Where the record begins; before the first one there is none. */
  #at = -RECORD_WORDS;
  #text = 0;
  #bytes = 0;

  constructor(frame: OutFrame) {
    this.#frame = frame;
  }

  /** Moves to the next record. False: there is none. */
  next(): boolean {
    this.#at += RECORD_WORDS;
    return this.#at < this.#frame.count * RECORD_WORDS;
  }

  /** A word of the record; 0 is its kind. */
  word(index: number): number {
    return this.#frame.words[this.#at + index] ?? 0;
  }

  /** The next so many characters of the text section. */
  cut(length: number): string {
    const from = this.#text;
    this.#text += length;
    return this.#frame.text.slice(from, this.#text);
  }

  /** The next so many bytes of the byte section. */
  cutBytes(length: number): Buffer {
    const from = this.#bytes;
    this.#bytes += length;
    return this.#frame.bytes.subarray(from, this.#bytes);
  }

  /** Nobody wants the record: only the sections move on. */
  skip(): void {
    const shape = OUT_SHAPES[this.word(0)];
    for (const index of shape?.text ?? []) this.#text += this.word(index);
    for (const index of shape?.bytes ?? []) this.#bytes += this.word(index);
  }
}
