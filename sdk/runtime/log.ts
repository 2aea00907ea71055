// `log`: lines of the script, given to the host with the call that wrote them. They cost no host
// call; what exceeds the bound of one call is dropped and counted.

import { LOG_LEVELS, OUT } from "../../src/wire/records.ts";
import { quote } from "./ascii-json.ts";
import { type Call, current } from "./current.ts";
import { cut } from "./failure.ts";
import { format } from "./format.ts";
import { inspect } from "./inspect.ts";
import { limits, out } from "./port.ts";
import { Session } from "./session.ts";

/** Characters of a line. */
const LINE_MAX = 8192;

/** By name, as the host counts them. */
export const LEVEL = {
  trace: LOG_LEVELS.indexOf("trace"),
  debug: LOG_LEVELS.indexOf("debug"),
  info: LOG_LEVELS.indexOf("info"),
  warn: LOG_LEVELS.indexOf("warn"),
  error: LOG_LEVELS.indexOf("error"),
} as const;

/**
 * Writes lines to the proxy's log, with the tenant, the hook and the request's id. Parts are joined
 * with blanks: texts as they are, errors with their frames, objects as JSON. What is below the
 * level of the configuration (`log.level`) is not written.
 */
export interface Log {
  /** For a closer look than `debug`. */
  trace(...parts: unknown[]): void;
  /** For whoever looks for a fault. */
  debug(...parts: unknown[]): void;
  /** What is worth a line when all is well. */
  info(...parts: unknown[]): void;
  /** What somebody should look at. */
  warn(...parts: unknown[]): void;
  /** What went wrong. */
  error(...parts: unknown[]): void;
}

const at =
  (level: number) =>
  (...parts: unknown[]): void =>
    writeLine(level, format(parts));

/** Writes lines to the proxy's log: `log.info("hit", { key })`. */
export const log: Log = Object.freeze({
  trace: at(LEVEL.trace),
  debug: at(LEVEL.debug),
  info: at(LEVEL.info),
  warn: at(LEVEL.warn),
  error: at(LEVEL.error),
});

/** Something thrown where no hook could catch it. */
export const logThrown = (thrown: unknown): void =>
  writeLine(LEVEL.error, `uncaught: ${inspect(thrown)}`);

export const writeLine = (level: number, message: string): void =>
  writeLineOf(current(), level, message);

/** @param call  whose it is; null: nobody's */
export function writeLineOf(call: Call | null, level: number, message: string): void {
  if (call !== null && isOver(call)) return;
  let line = cut(message, LINE_MAX);
  if (call !== null) {
    call.logLines++;
    call.logBytes += line.length;
    const over = whichOver(call);
    if (over !== "") {
      line = `more than ${over} in one request: the rest is dropped`;
      level = LEVEL.warn;
    }
  }
  if (!out.hasRoom) return;
  const text = quote(line);
  // the host has forgotten a call that is over: then the request is named in the line
  const isKnown = call === null || call.isLive;
  const request = isKnown ? "" : Session.idOf(call.session);
  const id = isKnown ? (call?.id ?? 0) : 0;
  out.write(text + request, OUT.LOG, id, level, text.length, call?.hook ?? 0, request.length);
}

/** It has been told that there was too much. */
const isOver = (call: Call): boolean =>
  call.logLines > limits.logLines || call.logBytes > limits.logBytes;

function whichOver({ logLines, logBytes }: Call): string {
  if (logLines > limits.logLines) return `${limits.logLines} log lines (limits.logLines)`;
  if (logBytes > limits.logBytes) return `${limits.logBytes} bytes of log (limits.logBytes)`;
  return "";
}
