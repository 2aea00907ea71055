// Where the log of the process goes: standard output, whatever that is.

import { fstatSync } from "node:fs";
import type { Writable } from "node:stream";
import type { Config } from "../../base/config/types.ts";
import { createLogger } from "../../observe/log.ts";
import { LogFile } from "../../observe/log-file.ts";

const STDOUT = 1;

/** @param onLost  told of lines that a full disk has cost */
export function logOutput({ log }: Config, onLost: (lines: number) => void): Writable {
  if (!isFile()) return process.stdout;
  return new LogFile({ descriptor: STDOUT, onLost, lossLine });

  function lossLine(lines: number, reason: string): string {
    let text = "";
    const write = (line: string): void => {
      text = line;
    };
    const logger = createLogger({ level: "error", format: log.access, fields: {} }, { write });
    logger.error({ lines, reason }, "log lines were lost: they could not be written");
    return text;
  }
}

function isFile(): boolean {
  try {
    return fstatSync(STDOUT).isFile();
  } catch {
    return false;
  }
}
