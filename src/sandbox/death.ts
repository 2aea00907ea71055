// How isolates end, in words: the failure of the call that was running.

import { CONTROL } from "../wire/control.ts";
import { HOOKS } from "../wire/phases.ts";
import type { Failure } from "./call.ts";
import type { FrameFault } from "./decode.ts";
import type { ScriptIsolate } from "./engine.ts";
import type { LaneOptions } from "./lane-options.ts";

export const CROWDED: Failure = {
  code: "overloaded",
  message: "too many hooks of this script are waiting",
  stack: "",
};

export const LOST: Failure = {
  code: "script_lost",
  message: "the isolate died twice while this hook was waiting",
  stack: "",
};

export function deathOf(isolate: ScriptIsolate, options: LaneOptions): Failure {
  const hook = HOOKS[isolate.windows.control[CONTROL.HOOK] ?? 0] ?? "";
  if (isolate.windows.control[CONTROL.KILLED] === 1) {
    const message = `${hook} ran longer than ${options.hookMs} ms (limits.hookMs)`;
    return { code: "script_timeout", message, stack: "" };
  }
  const message = `${hook} needed more than ${options.memoryMiB} MiB (limits.memoryMiB)`;
  return { code: "script_error", message, stack: "" };
}

export const faultOf = (fault: FrameFault): Failure => ({
  code: "script_result",
  message: `the isolate sent a malformed frame: ${fault.message}`,
  stack: "",
});

/** Only the text of what crossed: never an object of the isolate's. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error && typeof thrown.message === "string" ? thrown.message : "unknown";
}

/** A reload took the script's version out of service, and its time to drain is over. */
export const RETIRED: Failure = {
  code: "script_lost",
  message: "the deployment was taken out of service",
  stack: "",
};
