// One thing that `sluice check` has found, and how it is written.

export interface Finding {
  /** As the author would type it: relative to the working directory. */
  readonly file: string;
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
  readonly severity: "error" | "warning";
  /** One line; more, indented, if the type checker has more to say. */
  readonly message: string;
}

export const formatFinding = ({ file, line, column, severity, message }: Finding): string =>
  `${file}:${line}:${column}: ${severity === "warning" ? "warning: " : ""}${message}`;

/** By place, each once. */
export function tidied(findings: readonly Finding[]): Finding[] {
  const kept = new Map<string, Finding>();
  for (const finding of findings) {
    const { file, line, column, message } = finding;
    const key = `${file}:${line}:${column}:${message}`;
    if (!kept.has(key)) kept.set(key, finding);
  }
  return [...kept.values()].sort(
    (one, two) =>
      one.file.localeCompare(two.file) || one.line - two.line || one.column - two.column,
  );
}
