// One isolate in a cell: that of a deployment for one lane of one worker. It is made when its first
// turn comes, and goes when nothing of it is under way and others need the room.

import { CONTROL } from "../../wire/control.ts";
import { FrameWriter } from "../../wire/frame.ts";
import { IN, OUT, OUTCOME, RECORD_WORDS } from "../../wire/records.ts";
import { Crossings, type FramePlace, type TurnOwner } from "../crossing.ts";
import type { ScriptIsolate } from "../engine.ts";
import type { IsolateSize } from "../isolate-options.ts";
import type { OutFrame } from "../record-cursor.ts";
import type { Trace } from "../trace.ts";
import type { PipeMessage } from "./pipe.ts";

/** Of an isolate with a small script. */
const NEW_SIZE: IsolateSize = { usedBytes: 1_300_000, heldBytes: 2_100_000 };

export class Resident {
  readonly key: number;
  readonly isolate: ScriptIsolate;
  lastUsedMs = 0;
  /** As it was measured last. */
  size: IsolateSize = NEW_SIZE;
  readonly #frame: FrameWriter;
  /** Calls that await something: they would be lost with the isolate. */
  readonly #waiting = new Set<number>();
  #isInTurn = false;

  constructor(key: number, isolate: ScriptIsolate) {
    this.key = key;
    this.isolate = isolate;
    this.#frame = new FrameWriter(isolate.windows.inbox);
  }

  get isIdle(): boolean {
    return this.#waiting.size === 0 && !this.#isInTurn && !this.isReady;
  }

  /** Something inside is to go on in the next turn. */
  get isReady(): boolean {
    return this.isolate.windows.control[CONTROL.READY] === 1;
  }

  /** A turn, to be gone through crossing by crossing. */
  turn(message: PipeMessage, owner: TurnOwner, trace: Trace | null): Crossings {
    const { words, count, text, bytes, turn, nowMs, seed } = message;
    const frame = this.#frame;
    frame.reset();
    frame.words.set(words);
    frame.count = count;
    frame.text = text;
    if (bytes.length > 0) frame.addBytes(bytes);
    this.isolate.windows.control[CONTROL.IN_RECORDS] = count;
    if (this.#waiting.size > 0) this.#noteIn(words, count);
    const emit = (out: OutFrame, place: FramePlace): void => {
      this.#noteOut(out);
      owner.emit(out, place);
    };
    this.#isInTurn = true;
    const input = { frame, turn, nowMs, seed, trace };
    return new Crossings(this.isolate, input, { emit, stray: owner.stray });
  }

  /** The last crossing of the turn is over. */
  endTurn(): void {
    this.#isInTurn = false;
  }

  measure(): void {
    this.size = this.isolate.size();
  }

  #noteIn(words: Int32Array, count: number): void {
    for (let at = 0; at < count * RECORD_WORDS; at += RECORD_WORDS) {
      if (words[at] === IN.CANCEL) this.#waiting.delete(words[at + 1] ?? 0);
    }
  }

  #noteOut({ words, count }: OutFrame): void {
    const end = Math.min(count * RECORD_WORDS, words.length);
    for (let at = 0; at < end; at += RECORD_WORDS) {
      if (words[at] !== OUT.DONE) continue;
      if (words[at + 2] === OUTCOME.waits) this.#waiting.add(words[at + 1] ?? 0);
      else if (this.#waiting.size > 0) this.#waiting.delete(words[at + 1] ?? 0);
    }
  }
}
