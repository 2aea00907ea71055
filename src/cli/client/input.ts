// What a command reads from a file or from standard input: YAML, of which JSON is a part.

import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { parseConfigDocument } from "../../base/config/document.ts";
import { LIMITS } from "../../base/limits.ts";

/** `-` is standard input. Throws a sentence that names the file and the place in it. */
export async function readDocument(file: string): Promise<unknown> {
  const name = file === "-" ? "standard input" : file;
  const content = file === "-" ? await text(process.stdin) : readNamed(file);
  if (content.length > LIMITS.configFileBytes) {
    throw new Error(`Cannot read ${name}: expected at most ${LIMITS.configFileBytes} bytes`);
  }
  const { problems, value } = parseConfigDocument(content);
  const [problem] = problems;
  if (problem === undefined) return content.trim() === "" ? null : value;
  const { line, column, text: reason } = problem;
  throw new Error(`Cannot read ${name}: expected YAML or JSON: ${line}:${column}: ${reason}`);
}

function readNamed(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : "unknown";
    throw new Error(`Cannot read ${file}: ${reason}`, { cause });
  }
}

/** Throws unless it is one. */
export function mappingOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return Object.fromEntries(Object.entries(value));
  }
  const got = value === null ? "nothing" : Array.isArray(value) ? "a list" : typeof value;
  throw new Error(`Cannot use ${what}: expected a mapping, got ${got}`);
}
