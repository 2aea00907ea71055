// Whether a file may have been cut off: a disk was full when it was written, or somebody is writing
// it now. What is left is often a configuration still, with fewer tenants.

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
