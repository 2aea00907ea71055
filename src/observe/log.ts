// Loggers: pino, whose lines go wherever `write` takes them. In the main thread that is the sink,
// in a worker the batch that is posted there.

import { type DestinationStream, type Logger, pino } from "pino";
import type { AccessFormat, LogLevel } from "../base/config/types.ts";
import { harmless } from "./plain-text.ts";
import { prettyLogLine } from "./pretty.ts";

export type { Logger } from "pino";

/** As much of a logger as most need, and a test can be: lines of each level. */
export type LineLogger = Pick<Logger, LogLevel | "isLevelEnabled">;

export interface LoggerOptions {
  readonly level: LogLevel;
  /** With `pretty` access lines, the other lines are for people too. */
  readonly format: AccessFormat;
  /** In every line: `{ worker: 1 }`. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** @param destination takes one whole line a call: a Sink or a LogBatch */
export const createLogger = (options: LoggerOptions, destination: DestinationStream): Logger =>
  pino(
    {
      level: options.level,
      base: { ...options.fields },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    options.format === "pretty" ? prettyDestination(destination) : plainDestination(destination),
  );

/** Fields may hold the words of anybody; pino escapes what JSON must, and no more. */
const plainDestination = (destination: DestinationStream): DestinationStream => ({
  write: (line) => destination.write(harmless(line)),
});

const prettyDestination = (destination: DestinationStream): DestinationStream => ({
  write: (line) => destination.write(prettyLogLine(line)),
});
