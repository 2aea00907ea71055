// What the host can be asked for, as a table: kind → how it begins, how it ends before its time,
// whether it has acted on the world. An ask has a text and bytes, and so has its answer; there is
// one answer for each ask. What goes on for longer (the body of a response) is a call that stays
// held after its answer: others ask it for the next piece, one at a time, so that a fast origin
// waits for a slow script. Whatever is held ends with the call that asked.

import type { TurnCall } from "./call.ts";
import type { Asked } from "./decode.ts";

export interface HostAsk extends Pick<Asked, "text" | "bytes"> {
  /** The call that asks. */
  readonly call: TurnCall;
  /** What an earlier ask of the same isolate still holds; null: nothing, or it is over. */
  held(askId: number): HostCall | null;
}

export interface HostAnswer {
  readonly ok: boolean;
  /** latin1. The reason if it is not `ok`. */
  readonly text: string;
  readonly bytes: Buffer | null;
}

/** To be called once, now or later; too late is no harm. `stays`: what was begun is still held. */
export type GiveAnswer = (answer: HostAnswer, stays?: boolean) => void;

/** A host call under way. */
export interface HostCall {
  /** Nothing of it is wanted any more: it stops, and gives back what it has. */
  close(): void;
}

export interface HostCallKind {
  /** Whether it does something that cannot be undone: the call that asked is not run again then. */
  acts(asked: Asked): boolean;
  /** Its answer comes when the client has sent something: who waits too long waits for that. */
  readonly waitsForClient: boolean;
  /** Null: our runtime would not have asked for that. */
  start(ask: HostAsk, answer: GiveAnswer): HostCall | null;
}

/** By the numbers of ASK in wire/records.ts. */
export type HostCallTable = Readonly<Record<number, HostCallKind>>;
