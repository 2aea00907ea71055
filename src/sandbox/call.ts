// What the sandbox asks of a call, and what it gives back: the wall knows calls and frames, neither
// HTTP nor deployments. Phases implement TurnCall.

import type { Hold } from "../state/limit-holds.ts";
import type { FrameWriter } from "../wire/frame.ts";
import type { AnswerSource } from "./answer-source.ts";
import type { Failure } from "./failure.ts";
import type { GiveAnswer, HostAsk, HostCall } from "./host-call.ts";

export interface Edit {
  /** TARGET of src/wire/records.ts: request, upstream request or response. */
  readonly target: number;
  /** OP of src/wire/records.ts: set, append or remove. */
  readonly op: number;
  readonly name: string;
  readonly value: string;
}

export interface Line {
  readonly target: number;
  readonly method: string;
  readonly path: string;
}

/** A field of the access line; its value is JSON. */
export interface LogField {
  readonly name: string;
  readonly value: string;
}

/** How bodies meet their hooks, as PASSED_BODY of src/wire/records.ts has it; null: not said. */
export interface BodyModesSaid {
  request: number | null;
  response: number | null;
}

/** A moment that a script has marked: milliseconds since the start of its request, decimal. */
export interface MarkSaid {
  readonly name: string;
  readonly ms: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: string;
  readonly body: Buffer;
  /** The body is what this gives; left out: `body` is all of it. */
  readonly source?: AnswerSource;
}

/** What the hooks of a call asked for. From an isolate, so hostile: unchecked but for its frame. */
export interface Effects {
  /** Characters and bytes of all that follows, with a few for each: bounds what a call may keep. */
  size: number;
  edits: Edit[];
  lines: Line[];
  logFields: LogField[];
  /** What to keep for the client's connection, as JSON; empty: nothing more; null: as before. */
  clientState: string | null;
  /** 0: not set. */
  status: number;
  answer: Answer | null;
  /** Id of the ask that holds the answer's body; 0: none does. */
  answerId: number;
  /** Name of a group, or a peer, as JSON. */
  choice: string | null;
  /** DECISION of src/wire/records.ts; 0: none. */
  decision: number;
  /** BODY_ACTION of src/wire/records.ts; 0: the chunk passes as it is. */
  bodyAction: number;
  body: Buffer | null;
  /** Null: nothing was said of bodies. */
  bodyModes: BodyModesSaid | null;
  /** Null: none. */
  marks: MarkSaid[] | null;
  /** Session options as JSON. */
  options: string | null;
  /** What the request has used of its tenant's limits, all its calls together; null: unchanged. */
  used: Used | null;
  /** What it has learnt (sdk/runtime/notes.ts); null: nobody notes. */
  notes: string | null;
}

export interface Used {
  /** Time that its hooks had the thread, in ms. */
  readonly cpuMs: number;
  readonly logLines: number;
  readonly logBytes: number;
  readonly hostCalls: number;
}

export type { Failure };

export interface CallResult {
  /** Null: every hook ran to its end, or the chain ended with an answer. */
  readonly failure: Failure | null;
  /** Index of the last hook that ran. */
  readonly hook: number;
  /** ctx after it, as JSON text. Empty: nothing came out, or newCtx has not made it. */
  readonly ctx: string;
  /** Null: none. */
  readonly effects: Effects | null;
  /** When it came out, on the clock of `monotonicMs`: as all of its frame did. */
  readonly endMs: number;
}

/** What a line of the script's log is about; empty: nothing that is known. */
export interface LineAbout {
  /** Of the request. */
  readonly id: string;
  readonly hook: string;
}

export interface TurnCall {
  /** When it was made, on the clock of `monotonicMs`. */
  readonly startMs: number;
  /** No other call of its request has come out: refused now, nothing was done in vain. */
  readonly isFirst: boolean;
  /**
   * Adds one CALL record and its parts. Called again if the call must be run again.
   * @param nowMs  when its frame is written, on the clock of `monotonicMs`
   */
  writeTo(frame: FrameWriter, callId: number, nowMs: number): void;
  /** @param hook  name of the hook that wrote it */
  log(level: number, hook: string, message: string): void;
  /**
   * The script wants the whole request body. `done` is called once, now or later; with an error its
   * message is for the script.
   */
  readBody(done: (error: string | null, body: Buffer) => void): void;
  /** The same, piece by piece: to be asked for them by `next`. */
  streamBody(answer: GiveAnswer): HostCall;
  /** `tell` is called when the client has left, now or later, once or never. */
  whenGone(tell: () => void): void;
  /** The script wants something of a service. Null: our runtime would not have asked so. */
  fetch(ask: HostAsk, answer: GiveAnswer): HostCall | null;
  /**
   * Something of it goes on behind its result. `allow` is called when its request is over, now or
   * later. Returns what is to be called when it has come to its end.
   */
  goOn(allow: () => void): () => void;
  /** Its request gives it back when it ends, whatever ends it. */
  keep(hold: Hold): void;
  /** Exactly once, unless the call was cancelled. Never within `submit`. */
  settle(result: CallResult): void;
}

/** A call that was submitted, refused or not. */
export interface SubmittedCall {
  /**
   * Its result is no longer wanted: `settle` is not called any more. Returns ctx as far as it came
   * out. Does nothing to a call that has settled.
   */
  cancel(): string;
}

/** Where an isolate runs. Inline, or in another process: the same calls, the same frames. */
export interface Lane {
  /** It runs in the next turn, or is refused, which it is told later. */
  submit(call: TurnCall): SubmittedCall;
  /** Ends the isolate; calls under way fail. */
  dispose(): void;
  /** What its isolate has of this process's memory; 0: it is elsewhere, or not there. */
  readonly heapBytes: number;
}

export const newEffects = (): Effects => ({
  size: 0,
  edits: [],
  lines: [],
  logFields: [],
  clientState: null,
  status: 0,
  answer: null,
  answerId: 0,
  choice: null,
  decision: 0,
  bodyAction: 0,
  body: null,
  bodyModes: null,
  marks: null,
  options: null,
  used: null,
  notes: null,
});
