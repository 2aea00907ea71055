// What hooks have asked of the host and wait for: timers, bodies; and the longest that a
// suspended call may wait at all. An ask belongs to one call and goes with it.

import type { FrameWriter } from "../wire/frame.ts";
import { ASKS_MAX, FRAME_SIZE_MAX, IN } from "../wire/records.ts";

export interface AskAnswer {
  readonly askId: number;
  readonly ok: boolean;
  /** The reason if it is not `ok`: ASCII. */
  readonly text: string;
  readonly bytes: Buffer | null;
}

/** What is held for one call. */
interface Held {
  readonly timers: Set<NodeJS.Timeout>;
  /** The longest that it may wait. */
  wall: NodeJS.Timeout | undefined;
}

export class HostAsks {
  /** Answers that are there, for the next turn. */
  readonly ready: AskAnswer[] = [];
  readonly #wallMs: number;
  readonly #wake: () => void;
  readonly #overdue: (callId: number) => void;
  readonly #held = new Map<number, Held>();
  #timers = 0;
  /** Raised when the isolate is lost: a new one counts its asks from the beginning. */
  #round = 0;

  constructor(wallMs: number, wake: () => void, overdue: (callId: number) => void) {
    this.#wallMs = wallMs;
    this.#wake = wake;
    this.#overdue = overdue;
  }

  /** False: our runtime would not have asked for one more. */
  timer(callId: number, askId: number, delayMs: number): boolean {
    if (this.#timers >= ASKS_MAX) return false;
    const { timers } = this.#heldFor(callId);
    const answer = this.later(askId);
    const timer = setTimeout(() => {
      timers.delete(timer);
      this.#timers--;
      answer(null, null);
    }, delayMs);
    timers.add(timer);
    this.#timers++;
    return true;
  }

  /** How to answer this ask, whenever that is; too late is no harm. */
  later(askId: number): (error: string | null, bytes: Buffer | null) => void {
    const round = this.#round;
    return (error, bytes) => {
      if (round !== this.#round) return;
      this.ready.push({ askId, ok: error === null, text: error ?? "", bytes });
      this.#wake();
    };
  }

  /** Puts answers that are there into the frame, as long as it has room. */
  writeTo(frame: FrameWriter, answersMax: number): void {
    let taken = 0;
    for (const answer of this.ready) {
      if (taken === answersMax || frame.size >= FRAME_SIZE_MAX) break;
      writeAnswer(frame, answer);
      taken++;
    }
    this.ready.splice(0, taken);
  }

  /** The call's turn is over without a result: from here on its wall time runs. */
  suspend(callId: number): void {
    const held = this.#heldFor(callId);
    clearTimeout(held.wall);
    held.wall = setTimeout(this.#overdue, this.#wallMs, callId);
  }

  forget(callId: number): void {
    const held = this.#held.get(callId);
    if (held === undefined) return;
    this.#held.delete(callId);
    clearTimeout(held.wall);
    this.#timers -= held.timers.size;
    for (const timer of held.timers) clearTimeout(timer);
  }

  clear(): void {
    this.#round++;
    for (const callId of [...this.#held.keys()]) this.forget(callId);
    this.ready.length = 0;
  }

  #heldFor(callId: number): Held {
    const known = this.#held.get(callId);
    if (known !== undefined) return known;
    const held: Held = { timers: new Set(), wall: undefined };
    this.#held.set(callId, held);
    return held;
  }
}

/** Puts an answer into the frame that goes in. */
function writeAnswer(frame: FrameWriter, { askId, ok, text, bytes }: AskAnswer): void {
  frame.record(IN.ANSWER, askId, ok ? 1 : 0, text.length, bytes?.length ?? 0);
  frame.text += text;
  if (bytes !== null && bytes.length > 0) frame.addBytes(bytes);
}
