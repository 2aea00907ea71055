// What a cell reports of an isolate that is gone while the cell lives, and of faults in one that
// lives on. It is read as hostile input.

import { LIMITS } from "../../base/limits.ts";
import { KILLED } from "../../wire/control.ts";
import type { Failure } from "../call.ts";
import { failureOf, type Stray } from "../death.ts";
import type { Loss } from "../lane-call.ts";
import { PipeFault, type PipeMessage } from "./pipe.ts";

/** Words of the record of a LOST message. */
const LAST_WORDS = {
  /** Call whose code was running; 0: it cannot be told. */
  callId: 0,
  hook: 1,
  /** Why it was ended, a number of KILLED; 0: it was not. The text of an overrun: its frames. */
  killed: 2,
  /** It could not even be made; the text says why. */
  isStart: 3,
} as const;

export interface LastWords {
  /** It could not even be made, and this is why; null: it had begun. */
  readonly start: Failure | null;
  readonly loss: Loss;
  /** A traced call was stopped before it had its time. */
  readonly isPaused: boolean;
}

/** Throws PipeFault. */
export function lastWords(
  { words, count, text: said }: PipeMessage,
  limits: Parameters<typeof failureOf>[1],
): LastWords {
  if (count !== 1) throw new PipeFault("an end without last words");
  const word = (at: number): number => words[at] ?? 0;
  const text = said.slice(0, LIMITS.scriptMessageChars);
  const hook = word(LAST_WORDS.hook);
  const isKilled = word(LAST_WORDS.killed) === KILLED.OVERRUN;
  const fault = isKilled || text === "" ? null : text;
  const failure = failureOf({ hook, isKilled, fault, frames: isKilled ? text : "" }, limits);
  const message = `the script cannot be started again: ${text}`;
  const isStart = word(LAST_WORDS.isStart) === 1;
  return {
    start: isStart ? { code: "script_lost", message, stack: "" } : null,
    loss: { failure, callId: word(LAST_WORDS.callId), hook },
    isPaused: word(LAST_WORDS.killed) === KILLED.PAUSED,
  };
}

/** Throws PipeFault. */
export function strayOf({ words, count, text }: PipeMessage): Stray {
  if (count !== 1) throw new PipeFault("a rejection of nobody's");
  const [callId = 0, hook = 0] = words;
  return { callId, hook, message: text.slice(0, LIMITS.scriptMessageChars) };
}
