// The parts of a line, with what `console.log("%s of %d", …)` means by its percent signs.

import { inspect } from "./inspect.ts";
import { stringIncludes } from "./primordials.ts";

const toNumber = Number;
const truncate = Math.trunc;

export function format(parts: readonly unknown[]): string {
  const first = parts[0];
  const isPattern = typeof first === "string" && parts.length > 1 && stringIncludes(first, "%");
  const filled = isPattern ? fill(first, parts) : { text: "", used: 0 };
  let line = filled.text;
  let gap = filled.used === 0 ? "" : " ";
  for (let i = filled.used; i < parts.length; i++) {
    const text = inspect(parts[i]);
    line += gap + text;
    // behind frames something of its own: the last one ends its line
    gap = typeof parts[i] === "object" && stringIncludes(text, "\n") ? "\n" : " ";
  }
  return line;
}

/** Uses as many of the parts behind the pattern as it asks for. */
function fill(pattern: string, parts: readonly unknown[]): { text: string; used: number } {
  let text = "";
  let used = 1;
  for (let i = 0; i < pattern.length; i++) {
    const kind = pattern[i] === "%" ? pattern[i + 1] : undefined;
    const shown = kind !== undefined && used < parts.length ? shownAs(kind, parts[used]) : null;
    if (kind === "%") {
      text += "%";
      i++;
    } else if (shown === null) text += pattern[i];
    else {
      text += shown;
      used++;
      i++;
    }
  }
  return { text, used };
}

/** Null: no such kind. */
function shownAs(kind: string, part: unknown): string | null {
  switch (kind) {
    case "s":
    case "o":
    case "O":
    case "j":
      return inspect(part);
    case "d":
      return numberText(part, (number) => number);
    case "i":
      return numberText(part, truncate);
    case "f":
      return numberText(part, (number) => number);
    case "c":
      return ""; // a style
    default:
      return null;
  }
}

function numberText(part: unknown, shape: (number: number) => number): string {
  if (typeof part === "bigint") return `${part}`;
  const isSimple = typeof part === "number" || typeof part === "string";
  return `${isSimple ? shape(toNumber(part)) : NaN}`;
}
