// What an isolate writes for its host: records in a window of bounded size, and their texts and
// bytes. One promise may wake any number of hooks at once, so that they write more than the window
// holds; what finds no room waits here, and moves up when the host has read the rest.
//
//     window  │ published, being read │ written since │      spilled  │ … │
//     text                            └───────────────┴──────────────────┘ cut where spilled begins

import { CONTROL, type Windows } from "../../src/wire/control.ts";
import { FrameWriter } from "../../src/wire/frame.ts";
import { FRAME_RECORDS_MAX, RECORD_WORDS } from "../../src/wire/records.ts";
import { bytesSet, stringSlice, typedArrayBuffer } from "./primordials.ts";

/** Records that may wait. Only what ends a call is written beyond that. */
const SPILLED_MAX = 65_536;

interface Spilled {
  readonly words: readonly number[];
  /** Where its texts begin, of those that are not published. */
  textAt: number;
  /** Its first part of the byte section, of those that are not published. */
  partAt: number;
}

/** What one publication gives to the host. */
export interface Published {
  readonly count: number;
  readonly text: string;
  readonly bytes: number;
}

/**
 * Records may be added at any time, in microtasks after a crossing too: so each one raises MORE,
 * and the host comes back for it. `publish` lowers MORE if nothing is left.
 */
export class OutWriter extends FrameWriter {
  readonly #control: Int32Array;
  /** Those from `#first` on wait. */
  #spilled: Spilled[] = [];
  #first = 0;
  /** Records at the front of the window that the host reads. */
  #publishedCount = 0;
  #publishedBytes: Uint8Array[] = [];

  constructor({ outbox, control }: Windows) {
    super(outbox);
    this.#control = control;
  }

  /** Whether there is room for what is not the end of a call. */
  get hasRoom(): boolean {
    return this.#waiting() < SPILLED_MAX;
  }

  /** A method and no getter: V8 looks up private getters in its runtime, 50 ns each time. */
  #waiting(): number {
    return this.#spilled.length - this.#first;
  }

  override record(kind: number, a = 0, b = 0, c = 0, d = 0, e = 0): void {
    if (this.count < FRAME_RECORDS_MAX && this.#waiting() === 0) super.record(kind, a, b, c, d, e);
    else {
      const words = [kind, a, b, c, d, e];
      const entry = { words, textAt: this.text.length, partAt: this.bytes.length };
      this.#spilled[this.#spilled.length] = entry;
    }
    this.#control[CONTROL.MORE] = 1;
  }

  /** What was published has been read: what was written since moves to the front. */
  dropPublished(): void {
    const { words } = this;
    const kept = this.count - this.#publishedCount;
    const shift = this.#publishedCount * RECORD_WORDS;
    for (let i = 0; i < kept * RECORD_WORDS; i++) words[i] = words[i + shift] ?? 0;
    this.count = kept;
    this.#publishedCount = 0;
    while (this.#waiting() > 0 && this.count < FRAME_RECORDS_MAX) this.#moveUp();
    if (this.#waiting() > 0 || this.#first === 0) return;
    this.#spilled = [];
    this.#first = 0;
  }

  #moveUp(): void {
    const spilled = this.#spilled[this.#first++]?.words;
    const at = this.count * RECORD_WORDS;
    for (let i = 0; i < RECORD_WORDS; i++) this.words[at + i] = spilled?.[i] ?? 0;
    this.count++;
  }

  /** Closes the frame: what is in the window, with its texts and bytes. */
  publish(): Published {
    const next = this.#spilled[this.#first];
    const { text } = this;
    const published = next === undefined ? text : stringSlice(text, 0, next.textAt);
    this.text = next === undefined ? "" : stringSlice(text, next.textAt);
    this.#publishBytes(next?.partAt ?? this.bytes.length);
    this.#publishedCount = this.count;
    if (next !== undefined) this.#moveMarks(next.textAt, next.partAt);
    const bytes = lengthOf(this.#publishedBytes);
    this.#control[CONTROL.MORE] = next === undefined ? 0 : 1;
    return { count: this.count, text: published, bytes };
  }

  /** The rest stays for the frame that follows. */
  #publishBytes(count: number): void {
    const parts = this.bytes;
    this.#publishedBytes = [];
    this.clearBytes();
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i];
      if (part === undefined) continue;
      if (i < count) this.#publishedBytes[i] = part;
      else this.addBytes(part);
    }
  }

  #moveMarks(textAt: number, partAt: number): void {
    for (let i = this.#first; i < this.#spilled.length; i++) {
      const entry = this.#spilled[i];
      if (entry === undefined) continue;
      entry.textAt -= textAt;
      entry.partAt -= partAt;
    }
  }

  /**
   * All published parts end to end. They stay until the next publication: the host fetches them
   * after the text, and microtasks in between may already add to the next frame.
   */
  takeBytes(): ArrayBuffer {
    const parts = this.#publishedBytes;
    const only = parts[0];
    // each part is the whole of its buffer, and the host copies what it is given
    if (parts.length === 1 && only !== undefined) return typedArrayBuffer(only);
    const whole = new Uint8Array(lengthOf(parts));
    let at = 0;
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i];
      if (part === undefined) continue;
      bytesSet(whole, part, at);
      at += part.length;
    }
    return whole.buffer;
  }
}

function lengthOf(parts: readonly Uint8Array[]): number {
  let length = 0;
  for (let i = 0; i < parts.length; i++) length += parts[i]?.length ?? 0;
  return length;
}
