// `log` and `console`: lines of the script, given to the host with the call that wrote them. They
// cost no host call; what exceeds the bound of one call is dropped and counted.

import { LOG_LEVELS, OUT } from "../../src/wire/records.ts";
import { quote } from "./ctx.ts";
import { type Call, current } from "./current.ts";
import { cut } from "./failure.ts";
import { limits, out } from "./port.ts";

/** Characters of a line. */
const LINE_MAX = 8192;

const WARN = LOG_LEVELS.indexOf("warn");
const stringify = JSON.stringify;

/** Writes lines to the proxy's log, with the tenant and the request's id. */
export interface Log {
  trace(...parts: unknown[]): void;
  debug(...parts: unknown[]): void;
  info(...parts: unknown[]): void;
  warn(...parts: unknown[]): void;
  error(...parts: unknown[]): void;
}

const at =
  (level: number) =>
  (...parts: unknown[]): void =>
    write(level, join(parts));

export const log: Log = Object.freeze({
  trace: at(0),
  debug: at(1),
  info: at(2),
  warn: at(3),
  error: at(4),
});

export function installConsole(target: typeof globalThis): void {
  const value = { ...log, log: log.info };
  Object.defineProperty(target, "console", {
    value,
    writable: true,
    configurable: true,
    enumerable: false,
  });
}

/** Something thrown where no hook could catch it. */
export const logThrown = (thrown: unknown): void => write(4, `uncaught: ${show(thrown)}`);

function write(level: number, message: string): void {
  const call = current();
  if (call !== null && isOver(call)) return;
  let line = cut(message, LINE_MAX);
  if (call !== null) {
    call.logLines++;
    call.logBytes += line.length;
    const over = whichOver(call);
    if (over !== "") {
      line = `more than ${over} in one request: the rest is dropped`;
      level = WARN;
    }
  }
  if (!out.hasRoom) return;
  const text = quote(line);
  out.write(text, OUT.LOG, call?.id ?? 0, level, text.length, call?.hook ?? 0);
}

/** It has been told that there was too much. */
const isOver = (call: Call): boolean =>
  call.logLines > limits.logLines || call.logBytes > limits.logBytes;

function whichOver({ logLines, logBytes }: Call): string {
  if (logLines > limits.logLines) return `${limits.logLines} log lines (limits.logLines)`;
  if (logBytes > limits.logBytes) return `${limits.logBytes} bytes of log (limits.logBytes)`;
  return "";
}

function join(parts: unknown[]): string {
  let line = "";
  for (let i = 0; i < parts.length; i++) line += i === 0 ? show(parts[i]) : ` ${show(parts[i])}`;
  return line;
}

/** Never throws, whatever the script's getters do. */
function show(part: unknown): string {
  if (typeof part === "string") return part;
  if (typeof part === "symbol") return "Symbol";
  try {
    if (typeof part !== "object" || part === null) return `${part}`;
    if (part instanceof Error) return `${part.stack ?? part.message}`;
    return stringify(part) ?? "undefined";
  } catch {
    return "[object that is not JSON]";
  }
}
