// What a chain of hooks decided.

import type { SluiceError } from "../base/errors.ts";
import type { Answer } from "../sandbox/call.ts";
import type { Layer } from "./layer.ts";

export interface Outcome {
  /** The script answers instead of the upstream. */
  readonly answer: Answer | null;
  /** Whose answer it is; null: there is none. */
  readonly by: Layer | null;
  /** upstreamPeer's choice, as JSON: a group's name, or a peer. */
  readonly choice: string | null;
  /** DECISION of src/wire/records.ts; 0: none. */
  readonly decision: number;
  /** What a body hook made of its chunk; null: it passes as it is. Empty: dropped. */
  readonly body: Buffer | null;
  /** A hook failed, and the tenant's policy is fail-closed. */
  readonly error: SluiceError | null;
}

/** Nothing decided: the exchange goes on as configured. */
export const NOTHING: Outcome = Object.freeze({
  answer: null,
  by: null,
  choice: null,
  decision: 0,
  body: null,
  error: null,
});

/** What layers decided one after the other: of each the last word counts. */
export function outcomeOfBoth(before: Outcome, after: Outcome): Outcome {
  if (after === NOTHING) return before;
  if (before === NOTHING) return after;
  const isAnswered = after.answer !== null || after.error !== null;
  return {
    answer: isAnswered ? after.answer : before.answer,
    by: isAnswered ? after.by : before.by,
    choice: after.choice ?? before.choice,
    decision: after.decision === 0 ? before.decision : after.decision,
    body: null,
    error: isAnswered ? after.error : before.error,
  };
}
