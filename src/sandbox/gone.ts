// What becomes of calls that awaited something when what they ran in is gone.

import type { Failure } from "./call.ts";

/** What calls ran in, and what is gone. */
export type Gone = "isolate" | "process";

interface LostCall {
  readonly hasActed: boolean;
  readonly isAnswered: boolean;
}

/** Of a call that awaited something, and is not run again. */
export function lostFailure(gone: Gone, { hasActed, isAnswered }: LostCall): Failure {
  const [code, what] = GONE[gone];
  const ended = `${what} ended while this ${isAnswered ? "went on" : "hook was waiting"}`;
  if (isAnswered) return { code, message: ended, stack: "" };
  const why = hasActed ? "and what it had asked for is not asked again" : "for the second time";
  return { code, message: `${ended}, ${why}`, stack: "" };
}

/** Of what the calls had asked for. */
export const goneFailure = (gone: Gone): Failure => ({
  code: GONE[gone][0],
  message: "its isolate is gone",
  stack: "",
});

const GONE = {
  isolate: ["script_lost", "the isolate"],
  process: ["cell_lost", "the process of the script"],
} as const;
