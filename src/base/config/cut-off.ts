// Tells whether a file may have been cut off: the disk was full when the file was written, or
// somebody is writing it now. A part of a configuration is often a valid configuration with fewer
// tenants.

import { formatProblem, type Problem } from "./problems.ts";
import { entriesOf } from "./shape.ts";

/** A problem as a line; null: it looks whole. @param value of the document */
export function cutOffSign(text: string, value: unknown, file: string): string | null {
  const at = (line: number, column: number, said: string): string => {
    const problem: Problem = { file, line, column, where: "", text: said };
    return formatProblem(problem);
  };
  if (!entriesOf(value).has("tenants")) {
    return at(1, 1, "expected the key tenants (for none: tenants: {}), got none");
  }
  if (text.endsWith("\n")) return null;
  const lines = text.split("\n");
  return at(lines.length, (lines.at(-1)?.length ?? 0) + 1, "expected a line break at the end");
}
