// The body of a fetch that its script sends piece by piece: each goes to the connection once that
// is there, and the script is asked for the next when it has been taken. An origin that has
// answered already takes no more.

import type { GiveAnswer, HostAnswer, HostAsk } from "../sandbox/host-call.ts";
import type { Hop } from "./hop.ts";

const DONE: HostAnswer = { ok: true, text: "", bytes: null };
const UNWANTED: HostAnswer = { ok: false, text: "AbortError\nnobody takes the body", bytes: null };

interface Piece {
  /** Null: that was all. */
  readonly bytes: Buffer | null;
  readonly answer: GiveAnswer;
}

export class SentPieces {
  readonly #hop: Hop;
  #piece: Piece | null = null;
  /** Of a piece that the connection has, and has no room behind. */
  #waiting: GiveAnswer | null = null;

  constructor(hop: Hop) {
    this.#hop = hop;
  }

  /** False: our runtime would not have given that. */
  give({ text, bytes }: HostAsk, answer: GiveAnswer): boolean {
    const isEnd = text === "end";
    if (this.#piece !== null || this.#waiting !== null || isEnd !== (bytes.length === 0)) {
      return false;
    }
    if (this.#hop.isOver) answer(UNWANTED);
    else {
      this.#piece = { bytes: isEnd ? null : bytes, answer };
      if (this.#hop.isSending) this.#send();
    }
    return true;
  }

  /** The connection is there, or takes more. */
  onRoom(): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.(DONE);
    this.#send();
  }

  /** Nobody takes the rest. */
  over(): void {
    const given = this.#waiting ?? this.#piece?.answer;
    this.#waiting = null;
    this.#piece = null;
    given?.(UNWANTED);
  }

  #send(): void {
    const piece = this.#piece;
    if (piece === null) return;
    this.#piece = null;
    if (piece.bytes === null) this.#hop.endBody();
    else if (!this.#hop.write(piece.bytes)) {
      this.#waiting = piece.answer;
      return;
    }
    piece.answer(DONE);
  }
}
