// What a chain of hooks decided.

import type { SluiceError } from "../base/errors.ts";
import type { Answer } from "../sandbox/call.ts";

export interface Outcome {
  /** The script answers instead of the upstream. */
  readonly answer: Answer | null;
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
  choice: null,
  decision: 0,
  body: null,
  error: null,
});
