// What scripts say with `log`: a line of the proxy's log, marked as theirs. The text is a
// tenant's, so it is cut and cannot forge a line.

import type { LogLevel } from "../base/config/types.ts";
import { LIMITS } from "../base/limits.ts";
import type { LineLogger } from "./log.ts";
import { printable } from "./plain-text.ts";

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
}

export const logScriptMessage = (logger: LineLogger, message: ScriptMessage): void => {
  const { level, tenant, id, hook, deployment, code, at } = message;
  if (!logger.isLevelEnabled(level)) return;
  const text = printable(message.message, LIMITS.scriptMessageChars);
  logger[level]({ source: "script", tenant, deployment, id, hook, code, at }, text);
};
