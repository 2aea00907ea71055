// Prints the error of a failed command: readable lines on standard error. A stack is printed only
// for what must be a defect of ours.

import { AssertionError } from "node:assert";
import { styleText } from "node:util";
import { harmless } from "../observe/plain-text.ts";

const DEFECTS = [TypeError, RangeError, ReferenceError, SyntaxError];

/** Prints why a command failed and returns the exit status for that, 1. */
export function printError(error: unknown): number {
  process.stderr.write(describeError(error));
  return 1;
}

/** A line for each thing that is wrong: a configuration may have several. */
export function describeError(error: unknown): string {
  // styleText asks the stream, so NO_COLOR and a pipe both give plain text.
  const prefix = styleText("red", "sluice:", { stream: process.stderr });
  if (isDefect(error)) return `${prefix} internal error: ${error.stack ?? error.message}\n`;
  const message = error instanceof Error ? error.message : String(error);
  const lines = message.trim().split("\n");
  // a message may have the words of a script, or of a stranger's proxy
  return lines.map((line) => `${prefix} ${harmless(line)}\n`).join("");
}

const isDefect = (error: unknown): error is Error =>
  error instanceof AssertionError || DEFECTS.some((kind) => error instanceof kind);
