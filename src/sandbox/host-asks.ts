// What hooks have asked of the host and wait for: timers, bodies; and the longest that a
// suspended call may wait at all. An ask belongs to one call and goes with it.

import type { FrameWriter } from "../wire/frame.ts";
import { FRAME_SIZE_MAX, IN } from "../wire/records.ts";

export interface AskAnswer {
  readonly askId: number;
  readonly ok: boolean;
  /** The reason if it is not `ok`: ASCII. */
  readonly text: string;
  readonly bytes: Buffer | null;
}

export class HostAsks {
  /** Answers that are there, for the next turn. */
  readonly ready: AskAnswer[] = [];
  readonly #wallMs: number;
  readonly #wake: () => void;
  readonly #overdue: (callId: number) => void;
  readonly #timers = new Map<number, NodeJS.Timeout[]>();
  /** Raised when the isolate is lost: a new one counts its asks from the beginning. */
  #round = 0;

  constructor(wallMs: number, wake: () => void, overdue: (callId: number) => void) {
    this.#wallMs = wallMs;
    this.#wake = wake;
    this.#overdue = overdue;
  }

  timer(callId: number, askId: number, delayMs: number): void {
    const ring = this.later(askId);
    this.#keep(callId, setTimeout(ring, delayMs, null, null));
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
    this.#keep(callId, setTimeout(this.#overdue, this.#wallMs, callId));
  }

  forget(callId: number): void {
    const timers = this.#timers.get(callId);
    if (timers === undefined) return;
    this.#timers.delete(callId);
    for (const timer of timers) clearTimeout(timer);
  }

  clear(): void {
    this.#round++;
    for (const callId of [...this.#timers.keys()]) this.forget(callId);
    this.ready.length = 0;
  }

  #keep(callId: number, timer: NodeJS.Timeout): void {
    const timers = this.#timers.get(callId);
    if (timers === undefined) this.#timers.set(callId, [timer]);
    else timers.push(timer);
  }
}

/** Puts an answer into the frame that goes in. */
function writeAnswer(frame: FrameWriter, { askId, ok, text, bytes }: AskAnswer): void {
  frame.record(IN.ANSWER, askId, ok ? 1 : 0, text.length, bytes?.length ?? 0);
  frame.text += text;
  if (bytes !== null && bytes.length > 0) frame.addBytes(bytes);
}
