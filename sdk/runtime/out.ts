// What an isolate writes for its host: records in a window of bounded size, and their texts and
// bytes. One promise may wake any number of hooks at once, so that they write more than a frame
// holds; what finds no room waits here, and moves up when the host has read the rest.
//
//     window  │ published, being read │ written since │  behind it: spilled │ … │

import { CONTROL, type Windows } from "../../src/wire/control.ts";
import { FrameWriter } from "../../src/wire/frame.ts";
import { FRAME_RECORDS_MAX, FRAME_SIZE_MAX, RECORD_WORDS } from "../../src/wire/records.ts";
import {
  arrayBufferByteLength,
  bytesCopy,
  bytesSet,
  bytesView,
  typedArrayBuffer,
  typedArrayLength,
} from "./primordials.ts";

/** Records that may wait. Only what ends a call is written beyond that. */
const SPILLED_MAX = 65_536;

/**
 * Memory for copies of what hooks return, used again for each frame: 32 chunks of 16 KiB fit.
 * Memory that is fresh for each copy costs several times what copying does.
 */
const SLAB_BYTES = 524_288;

interface Spilled {
  readonly words: readonly number[];
  readonly text: string;
  readonly part: Uint8Array | null;
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
  #publishedBytes: readonly Uint8Array[] = NO_PARTS;
  /** Null until a script returns bytes. */
  #slab: Uint8Array | null = null;
  #slabUsed = 0;

  constructor({ outbox, control }: Windows) {
    super(outbox);
    this.#control = control;
  }

  /** Whether there is room for what is not the end of a call. */
  get hasRoom(): boolean {
    return this.#waiting() < SPILLED_MAX;
  }

  /** What was published is not whole: the rest comes next. */
  get isInParts(): boolean {
    return this.#waiting() > 0;
  }

  /** A method and no getter: V8 looks up private getters in its runtime, 50 ns each time. */
  #waiting(): number {
    return this.#spilled.length - this.#first;
  }

  /** A frame is as large as one record more than this, whatever its calls write. */
  #isFull(): boolean {
    return this.count >= FRAME_RECORDS_MAX || this.size >= FRAME_SIZE_MAX;
  }

  override record(kind: number, a = 0, b = 0, c = 0, d = 0, e = 0): void {
    this.write("", kind, a, b, c, d, e);
  }

  /** A record with its texts, end to end. Nothing of it is written if that throws. */
  write(text: string, kind: number, a = 0, b = 0, c = 0, d = 0, e = 0): void {
    if (this.#waiting() > 0 || this.#isFull()) this.#spill(text, null, [kind, a, b, c, d, e]);
    else {
      const whole = this.text + text;
      super.record(kind, a, b, c, d, e);
      this.text = whole;
    }
    this.#control[CONTROL.MORE] = 1;
  }

  /** A copy for `writeBytes`, made now: small ones where those of earlier frames were. */
  copyOf(bytes: Uint8Array): Uint8Array {
    const at = this.#slabUsed;
    const end = at + typedArrayLength(bytes);
    if (end > SLAB_BYTES) return bytesCopy(bytes, 0, end - at);
    this.#slab ??= new Uint8Array(SLAB_BYTES);
    this.#slabUsed = end;
    const copy = bytesView(this.#slab, at, end);
    bytesSet(copy, bytes);
    return copy;
  }

  /** The same with bytes, which are out of the script's reach. */
  writeBytes(part: Uint8Array, text: string, words: readonly number[]): void {
    this.#spill(text, part, words);
    if (this.#waiting() === 1 && !this.#isFull()) this.#moveUp();
    this.#control[CONTROL.MORE] = 1;
  }

  #spill(text: string, part: Uint8Array | null, words: readonly number[]): void {
    this.#spilled[this.#spilled.length] = { words, text, part };
  }

  /** What was published has been read: what was written since moves to the front. */
  dropPublished(): void {
    if (this.#publishedCount > 0) this.#moveToFront();
    if (this.bytes.length === 0 && this.#waiting() === 0) this.#slabUsed = 0;
    while (this.#waiting() > 0 && !this.#isFull()) this.#moveUp();
  }

  #moveToFront(): void {
    const { words } = this;
    const kept = this.count - this.#publishedCount;
    const shift = this.#publishedCount * RECORD_WORDS;
    for (let i = 0; i < kept * RECORD_WORDS; i++) words[i] = words[i + shift] ?? 0;
    this.count = kept;
    this.#publishedCount = 0;
  }

  #moveUp(): void {
    const spilled = this.#spilled[this.#first];
    if (spilled === undefined) return;
    const { words, text, part } = spilled;
    const at = this.count * RECORD_WORDS;
    for (let i = 0; i < RECORD_WORDS; i++) this.words[at + i] = words[i] ?? 0;
    const whole = this.text + text;
    if (part !== null) this.addBytes(part);
    this.text = whole;
    this.count++;
    this.#first++;
    if (this.#waiting() > 0) return;
    this.#spilled = [];
    this.#first = 0;
  }

  /** Closes the frame: what is in the window, with its texts and bytes. */
  publish(): Published {
    const { count, text, size } = this;
    this.#publishedCount = count;
    this.#publishedBytes = this.bytes.length === 0 ? NO_PARTS : this.bytes;
    this.clearBytes();
    this.text = "";
    const isPart = this.#waiting() > 0 ? 1 : 0;
    this.#control[CONTROL.MORE] = isPart;
    this.#control[CONTROL.IN_PARTS] = isPart;
    return { count, text, bytes: size - text.length };
  }

  /**
   * All published parts end to end. They stay until the next publication: the host fetches them
   * after the text, and microtasks in between may already add to the next frame.
   */
  takeBytes(): ArrayBuffer {
    const parts = this.#publishedBytes;
    const only = parts[0];
    const length = lengthOf(parts);
    // the host copies what it is given
    if (parts.length === 1 && only !== undefined) {
      const buffer = typedArrayBuffer(only);
      if (arrayBufferByteLength(buffer) === length) return buffer;
    }
    const whole = new Uint8Array(length);
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

const NO_PARTS: readonly Uint8Array[] = [];

function lengthOf(parts: readonly Uint8Array[]): number {
  let length = 0;
  for (let i = 0; i < parts.length; i++) length += parts[i]?.length ?? 0;
  return length;
}
