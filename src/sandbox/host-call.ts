// A host call: what a script asks of the host, how that is answered, and how it ends. An ask has a
// text and bytes, and so has its answer; there is one answer for each ask. What goes on for longer
// (the body of a response) is a call that stays held after its answer: others ask it for the next
// piece, one at a time, so that a fast origin waits for a slow script. Whatever is held ends with
// the call that asked.

import type { AnswerSource } from "./answer-source.ts";
import type { Failure } from "./failure.ts";

/** Unchecked but for its frame. */
export interface Asked {
  readonly id: number;
  /** ASK of wire/asks.ts, if it is one of ours. */
  readonly kind: number;
  readonly text: string;
  readonly bytes: Buffer;
}

export interface HostAsk extends Pick<Asked, "text" | "bytes"> {
  /** What an earlier ask of the same isolate still holds; null: nothing, or it is over. */
  held(askId: number): HostCall | null;
}

export interface HostAnswer {
  readonly ok: boolean;
  /** latin1. The reason if it is not `ok`. */
  readonly text: string;
  readonly bytes: Buffer | null;
  /** Called when it has gone in, or is not wanted any more. */
  readonly taken?: (() => void) | undefined;
}

/** To be called once, now or later; too late is no harm. `stays`: what was begun is still held. */
export type GiveAnswer = (answer: HostAnswer, stays?: boolean) => void;

/** A host call under way. */
export interface HostCall {
  /**
   * Nothing of it is wanted any more: it stops, and gives back what it has.
   *
   * @param why  its call has failed; null: that has come to its end, or wants it no more
   */
  close(why: Failure | null): void;
  /**
   * Its next piece is asked for, or given; not there if it has none. Null: our runtime would not
   * have asked for that.
   */
  next?(ask: HostAsk, answer: GiveAnswer): HostCall | null;
  /**
   * What it holds becomes the body of an answer with these headers, and is no longer the call's;
   * not there if it has none. Text: why that cannot be.
   */
  handOver?(headers: string): AnswerSource | Buffer | string;
  /** Its answer comes when the client has sent something. */
  readonly waitsForClient?: boolean;
  /** What it has handed over comes from the call, and ends with that. */
  readonly isFed?: boolean;
}
