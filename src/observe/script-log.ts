// What scripts write with `log`: an entry of the proxy's log, marked as the script's. The text
// comes from a tenant, so it is cut, and its line breaks are escaped in JSON or indented: no entry
// can be forged.

import type { LogLevel } from "../base/config/types.ts";
import { LIMITS } from "../base/limits.ts";
import type { LineLogger } from "./log.ts";
import { printableLines } from "./plain-text.ts";

export interface ScriptMessage {
  readonly level: LogLevel;
  readonly tenant: string;
  /** Id of the request. */
  readonly id: string;
  readonly hook: string;
  readonly message: string;
  /** The version of the script. */
  readonly deployment?: string;
  /** Of a failure: its code, and its place in the TypeScript source. */
  readonly code?: string;
  readonly at?: string;
  /** Its frames, and what caused it. */
  readonly stack?: string;
}

export const logScriptMessage = (logger: LineLogger, message: ScriptMessage): void => {
  const { level, tenant, id, hook, deployment, code, at } = message;
  if (!logger.isLevelEnabled(level)) return;
  const text = printableLines(message.message, LIMITS.scriptMessageChars);
  const stack = stackOf(message);
  logger[level]({ source: "script", tenant, deployment, id, hook, code, at, stack }, text);
};

/** Undefined: it has none. */
export const stackOf = ({ stack = "" }: ScriptMessage): string | undefined =>
  stack === "" ? undefined : printableLines(stack, LIMITS.scriptMessageChars);
