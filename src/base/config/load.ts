// Reading a configuration: every mistake at once, or the configuration.

import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { LIMITS } from "../limits.ts";
import { checkAdmin } from "./admin.ts";
import { crossCheck } from "./checks.ts";
import { cutOffSign } from "./cut-off.ts";
import { parseConfigDocument } from "./document.ts";
import { formatProblem, type Problem, toMistakes, toProblem } from "./problems.ts";
import { resolveConfig } from "./resolve.ts";
import { CONFIG_SCHEMA } from "./schema.ts";
import { checkTracing } from "./tracing.ts";
import type { Config } from "./types.ts";

/** A configuration that cannot be used. The message holds every problem, one a line. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/** The environment that the proxy runs with; null: not known, as it is another process's. */
export type Environment = Readonly<Record<string, string | undefined>> | null;

/** Throws a ConfigError that lists all that is wrong with the file. */
export const loadConfig = (path: string, environment: Environment = process.env): Config => {
  const result = parseConfig(readConfigFile(path), path, environment);
  if ("problems" in result) throw new ConfigError(result.problems);
  return result.config;
};

/** What holds without a file: one local listener, no tenants. */
export const defaultConfig = (): Config =>
  resolveConfig(CONFIG_SCHEMA.parse({}), { file: null, folder: process.cwd(), variables: {} }, {});

export type ParseResult = { readonly config: Config } | { readonly problems: readonly Problem[] };

/** @param file the name in problems; scripts are found relative to it */
export const parseConfig = (
  text: string,
  file: string,
  environment: Environment = process.env,
): ParseResult => {
  if (text.length > LIMITS.configFileBytes) return { problems: [tooLarge(file, text.length)] };
  if (text.trim() === "") return { problems: [wholeFile(file, EMPTY)] };
  const path = resolve(file);
  const folder = dirname(path);
  const document = parseConfigDocument(text);
  const problems = document.problems.map((problem) => ({ file, where: "", ...problem }));
  if (document.value === undefined) return { problems: inOrder(problems) };
  const parsed = CONFIG_SCHEMA.safeParse(document.value);
  const mistakes = [
    ...toMistakes(parsed.error?.issues ?? [], document.value),
    ...crossCheck(document.value, folder),
    ...checkAdmin(document.value, environment),
    ...checkTracing(parsed.data?.tracing !== undefined, environment),
  ];
  problems.push(...mistakes.map((mistake) => toProblem(mistake, document, file)));
  if (problems.length > 0 || !parsed.success) return { problems: inOrder(problems) };
  const config = resolveConfig(
    parsed.data,
    { file: path, folder, variables: environment ?? {} },
    document.value,
  );
  return { config: { ...config, cutOffSign: cutOffSign(text, document.value, file) } };
};

const readConfigFile = (path: string): string => {
  try {
    const { size } = statSync(path);
    if (size > LIMITS.configFileBytes) throw new ConfigError([tooLarge(path, size)]);
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError([wholeFile(path, `expected a readable file, got ${reason}`)]);
  }
};

/** Nobody means that, but a disk that was full when it was written leaves it. */
const EMPTY = "expected a configuration, got an empty file";

const tooLarge = (file: string, bytes: number): Problem =>
  wholeFile(file, `expected at most ${LIMITS.configFileBytes} bytes, got ${bytes}`);

const wholeFile = (file: string, text: string): Problem => ({
  file,
  line: 1,
  column: 1,
  where: "",
  text,
});

// As they stand in the file, each once, and not more than one would read.
const inOrder = (problems: readonly Problem[]): readonly Problem[] => {
  const unique = new Map(problems.map((problem) => [formatProblem(problem), problem]));
  const sorted = [...unique.values()].sort(
    (one, two) => one.line - two.line || one.column - two.column,
  );
  const shown = sorted.slice(0, LIMITS.configProblems);
  const last = shown.at(-1);
  if (shown.length < sorted.length && last !== undefined) {
    const text = `and ${sorted.length - shown.length} more problems`;
    shown.push({ ...last, where: "", text });
  }
  return shown;
};
