// What is wrong with a script, as its author sees it: file, line and column from 1, and a sentence.

import type { Message } from "esbuild";
import { BUNDLE_LIMITS } from "./bundle-limits.ts";
import { FILES } from "./bundle-plugin.ts";

export interface BundleProblem {
  /** Relative to the script's folder. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

/**
 * The names that a script may import from "sluice", for the message about one that is not there.
 */
export interface ProblemContext {
  readonly entry: string;
  readonly sluiceExports: readonly string[];
}

export const EXPECTED_DEFAULT = "expected export default definePhases({...})";

/** Import of a name that does not exist, from our virtual module or from the script itself. */
const NO_EXPORT = /^No matching export in "(.*)" for import "(.*)"$/;

export function problemsOf(messages: readonly Message[], context: ProblemContext): BundleProblem[] {
  return messages.slice(0, BUNDLE_LIMITS.problems).map((message) => problemOf(message, context));
}

function problemOf(message: Message, context: ProblemContext): BundleProblem {
  const { location } = message;
  const text = textOf(message, context);
  // What has no place, or a place in the wrapper around the script, is about the script as a whole.
  if (location === null || location.file.startsWith("sluice:")) {
    return { file: context.entry, line: 1, column: 1, text };
  }
  const column = columnOf(location.lineText, location.column);
  return { file: fileName(location.file), line: location.line, column, text };
}

function textOf({ text, location }: Message, { sluiceExports }: ProblemContext): string {
  const [, from, name] = NO_EXPORT.exec(text) ?? [];
  if (from === "sluice:sluice") {
    return `"sluice" has no export "${name}": expected one of ${sluiceExports.join(", ")}`;
  }
  if (name === "default" && location?.file.startsWith("sluice:")) return EXPECTED_DEFAULT;
  if (text.startsWith('This "import" expression will not be bundled')) {
    return "import() of an expression is not possible: expected a string literal";
  }
  if (text.startsWith("Top-level await")) return "top-level await is not possible in a script";
  return text;
}

/** `script:lib/a.ts`, as esbuild names a file of ours, as its author does: `lib/a.ts`. */
export function fileName(file: string): string {
  return file.startsWith(`${FILES}:`) ? file.slice(FILES.length + 1) : file;
}

/** esbuild counts bytes from 0, people count characters from 1. */
function columnOf(lineText: string, byteColumn: number): number {
  return Buffer.from(lineText).subarray(0, byteColumn).toString().length + 1;
}
