// What is wrong with a script, as its author sees it: file, line and column from 1, and a sentence
// that says what to do, where esbuild speaks of its own settings.

import { dirname, join } from "node:path";
import type { Location, Message } from "esbuild";
import { BUNDLE_LIMITS } from "./bundle-limits.ts";
import { IMPORTED, SENT } from "./bundle-plugin.ts";

export interface BundleProblem {
  /** Relative to the script's folder. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

export interface ProblemContext {
  readonly entry: string;
  /** The names that a script may import from "sluice". */
  readonly sluiceExports: readonly string[];
  /** Why an import finds nothing. */
  readonly missing: (specifier: string) => string;
}

export const EXPECTED_DEFAULT = "expected export default definePhases({...})";

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

/** Import of a name that does not exist, from our virtual module or from the script itself. */
const NO_EXPORT = /^No matching export in "(.*)" for import "(.*)"$/;
const NOT_FOUND = /^Could not resolve "(.*)"$/;
const NOT_EXPORTED = /^The path "(.*)" is not (?:exported by|currently exported by) package "(.*)"/;

function textOf(message: Message, { sluiceExports, missing }: ProblemContext): string {
  const { text, location, notes } = message;
  const [, from, name] = NO_EXPORT.exec(text) ?? [];
  if (from === "sluice:sluice") {
    return `"sluice" has no export "${name}": expected one of ${sluiceExports.join(", ")}`;
  }
  if (name === "default" && location?.file.startsWith("sluice:")) return EXPECTED_DEFAULT;
  const [, specifier] = NOT_FOUND.exec(text) ?? [];
  if (specifier !== undefined) {
    const [, path, pack] = NOT_EXPORTED.exec(notes[0]?.text ?? "") ?? [];
    const exported = `cannot be found: the package ${pack} does not export ${path}`;
    return `Cannot import "${specifier}": it ${path === undefined ? missing(specifier) : exported}`;
  }
  if (text.includes(IMPORTED)) return text.replace(IMPORTED, () => `"${importedAt(location)}"`);
  return OTHER_WORDS.find(([begin]) => text.includes(begin))?.[1] ?? text;
}

/** Files that were looked for beside one that imports them, by their paths from the root. */
export function missingFiles(messages: readonly Message[]): string[] {
  return messages.flatMap(({ text, location }) => {
    const [, specifier = ""] = NOT_FOUND.exec(text) ?? [];
    const isRelative = specifier.startsWith(".") && location !== null;
    return isRelative ? [join(dirname(fileName(location.file)), specifier)] : [];
  });
}

/** What esbuild says of its settings, and what that means here. */
const OTHER_WORDS: readonly (readonly [said: string, meant: string])[] = [
  [
    'This "import" expression will not be bundled',
    "import() of an expression is not possible: expected a string literal",
  ],
  [
    "Top-level await",
    "top-level await is not possible in a script: await in a hook (memoryCache keeps values)",
  ],
  [
    '"import.meta" is not available',
    "import.meta is not possible in a script: it runs as one text, which has no place",
  ],
  [
    "Using direct eval",
    "eval throws in a script: expected code of the bundle, none made from strings",
  ],
  [
    'external for use with "require.resolve"',
    "require.resolve is not possible in a script: no file is there when it runs",
  ],
  [
    "imports is not supported unless they are external",
    "import defer and import source are not possible in a script: expected a plain import",
  ],
];

/** The specifier of the import that stands there. */
function importedAt(location: Location | null): string {
  if (location === null) return "it";
  const { lineText, column, length } = location;
  const quoted = Buffer.from(lineText)
    .subarray(column, column + length)
    .toString();
  return quoted.replace(/^["'`]|["'`]$/g, "");
}

/** `script:lib/a.ts`, as esbuild names a file that was sent, as its author does: `lib/a.ts`. */
export const fileName = (file: string): string =>
  file.startsWith(`${SENT}:`) ? file.slice(SENT.length + 1) : file;

/** Of somebody else: installed, not written by the script's author. */
export const isPackage = (file: string): boolean => /(?:^|\/)node_modules\//.test(file);

/** Of a file of a package; a file of the script's is its own. */
export const packageName = (file: string): string =>
  /.*(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? file;

/** esbuild counts bytes from 0, people count characters from 1. */
function columnOf(lineText: string, byteColumn: number): number {
  return Buffer.from(lineText).subarray(0, byteColumn).toString().length + 1;
}
