// The ways in which isolates end, in words: the failure that the running call gets.

import { HOOKS } from "../wire/phases.ts";
import type { Failure } from "./call.ts";

export const CROWDED: Failure = {
  code: "overloaded",
  message: "too many hooks of this script are waiting",
  stack: "",
};

/** The tenant's own calls take all the time that its cell has for them. */
export function busyFailure(turnWaitMs: number): Failure {
  const message = `its turns are over ${turnWaitMs} ms behind (limits.turnWaitMs)`;
  return { code: "script_busy", message, stack: "" };
}

/** Nobody waits for its result any more. */
export const ENDED: Failure = {
  code: "script_lost",
  message: "the worker ended while this hook ran",
  stack: "",
};

export interface IsolateLimits {
  readonly hookMs: number;
  readonly memoryMiB: number;
}

/** What the last control words of an isolate say of its end. */
export interface LastWords {
  /** Index of the hook that was running. */
  readonly hook: number;
  /** It ran too long. */
  readonly isKilled: boolean;
  /** Where it stood then, as lines of frames; empty: nobody knows. */
  readonly frames: string;
  /** What was wrong with its frame; null: nothing. */
  readonly fault: string | null;
}

export function failureOf(words: LastWords, limits: IsolateLimits): Failure {
  const { hook, isKilled, fault, frames } = words;
  if (fault !== null) {
    const message = `the isolate was ended for what came out of it: ${fault}`;
    return { code: "script_result", message, stack: "" };
  }
  const name = HOOKS[hook] ?? "";
  if (isKilled) {
    const message = `${name} ran longer than ${limits.hookMs} ms (limits.hookMs)`;
    return { code: "script_timeout", message, stack: frames && `${message}${frames}` };
  }
  const message = `${name} needed more than ${limits.memoryMiB} MiB (limits.memoryMiB)`;
  return { code: "script_error", message, stack: "" };
}

/** Why a script did not start, where the library's own sentence names no limit. */
export function startFailure(message: string, { startupMs, memoryMiB }: StartLimits): string {
  if (message === "Script execution timed out.") {
    return `its top level took over ${startupMs} ms (limits.startupMs)`;
  }
  if (message.includes("disposed during execution due to memory limit")) {
    return `its top level needed more than ${memoryMiB} MiB (limits.memoryMiB)`;
  }
  return message;
}

export interface StartLimits {
  readonly startupMs: number;
  readonly memoryMiB: number;
}

/** A rejection with no one to catch it. */
export interface Stray {
  /** Call in whose slice it came about; 0: none. */
  readonly callId: number;
  /** Index of its hook. */
  readonly hook: number;
  readonly message: string;
}

export const unhandled = (message: string): string => `unhandled rejection: ${message}`;

/** Only the text of what crossed: never an object of the isolate's. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error && typeof thrown.message === "string" ? thrown.message : "unknown";
}

/** Below it, the library's and our own frames. */
const BOUNDARY = "\n    at (<isolated-vm boundary>)";

/** What was rejected, with its frames in the isolate: text, and nothing of the script's runs. */
export function strayText(thrown: unknown): string {
  if (typeof thrown === "string") return thrown;
  const message = messageOf(thrown);
  const stack = thrown instanceof Error && typeof thrown.stack === "string" ? thrown.stack : "";
  // no pattern: the script's text may be as long as its memory
  const end = stack.lastIndexOf(BOUNDARY);
  return end > 0 && stack.includes(message) ? stack.slice(0, end) : message;
}

/** A reload took the script's version out of service, and its time to drain is over. */
export const RETIRED: Failure = {
  code: "script_lost",
  message: "the deployment was taken out of service",
  stack: "",
};
