// Reads a dead cell's flight record and its way of ending: whether a script ended it, whose
// script, and which failure the call under way gets.

import type { Failure } from "../../sandbox/call.ts";
import { FLIGHT, type Flight } from "../../sandbox/cell/flight.ts";
import type { Entry } from "./cell-entries.ts";
import type { Sentence } from "./cell-watch.ts";

/** How a cell ended. */
export interface CellEnd {
  /** Ours; null: it was not us. */
  readonly sentence: Sentence | null;
  /** Its signal or status. */
  readonly how: string;
}

/** Signals that an engine sends itself; anything else came from outside. */
const OWN_SIGNALS = new Set(["SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGSEGV", "SIGTRAP"]);

/** Null: no script did it; who was running runs again as it is. */
export function failureOf({ sentence, how }: CellEnd, running: Entry): Failure | null {
  if (sentence === "stopped") return null;
  if (sentence === "deadline") {
    const bound = `${running.deployment.hookMs} ms (limits.hookMs)`;
    const message = `a hook ran longer than ${bound} and its process had to be killed`;
    return { code: "script_timeout", message, stack: "" };
  }
  if (sentence === "memory") {
    const bound = "its bound (cells.memoryMiB)";
    return { code: "script_error", message: `the process needed more than ${bound}`, stack: "" };
  }
  if (!isOwnDoing(how)) return null;
  const message = `a hook ended its process (${how}), most likely for want of memory`;
  return { code: "script_error", message, stack: "" };
}

const isOwnDoing = (how: string): boolean => how.startsWith("status ") || OWN_SIGNALS.has(how);

export const isRunning = ({ state }: Flight): boolean => state !== FLIGHT.idle;

export const REFUSALS = {
  open: {
    code: "script_disabled",
    message: "its processes die too often: it is out of service for a while, or until others run",
    stack: "",
  },
  disabled: {
    code: "script_disabled",
    message: "its processes die too often: it is out of service until others run, or it is enabled",
    stack: "",
  },
  crowded: {
    code: "script_disabled",
    message: "its process died, and too many other scripts have a process of their own",
    stack: "",
  },
} as const satisfies Record<string, Failure>;
