// The line of a script that a message points to, with a mark under its column:
//
//     7 |     throw new Error("boom");
//       |           ^

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The end of a file's name, a line and a column. Where the name begins only the disk knows. */
const PLACE = /\.(?:[mc]?[jt]sx?|ya?ml)(?=:(\d+):(\d+))/;
/** Blanks that are looked behind: names have few. */
const BLANKS_MAX = 16;

export class SourceExcerpts {
  /** Folders in which a message's file may lie. */
  readonly #roots = new Set<string>([""]);

  /** Messages name the files of a script from the folder of its package, else from its own. */
  addScript(script: string): void {
    this.#roots.add(rootOf(script));
  }

  /** Empty: the message names no place, or none that can be read. */
  of(message: string): string {
    const found = PLACE.exec(message);
    if (found === null) return "";
    const [ending, line = "", column = ""] = found;
    const text = this.#lineAt(message.slice(0, found.index + ending.length), Number(line));
    if (text === undefined) return "";
    const mark = `${text.slice(0, Number(column) - 1).replace(/[^\t]/g, " ")}^`;
    const gap = " ".repeat(line.length);
    return `    ${line} | ${text}\n    ${gap} | ${mark}\n`;
  }

  /** @param before  ends with the name of the file, which may have blanks in it */
  #lineAt(before: string, line: number): string | undefined {
    const parts = before.slice(before.lastIndexOf("\n") + 1).split(/(?<=[ (])/);
    for (const at of parts.slice(-BLANKS_MAX).keys()) {
      const name = parts.slice(-BLANKS_MAX).slice(at).join("");
      const text = this.#lineOf(name, line);
      if (text !== undefined) return text;
    }
    return undefined;
  }

  #lineOf(file: string, line: number): string | undefined {
    for (const root of this.#roots) {
      try {
        return readFileSync(join(root, file), "utf8").split("\n")[line - 1];
      } catch {
        // not there: the next folder
      }
    }
    return undefined;
  }
}

/** Where the names of a script's files begin: the folder of its package, else its own. */
export function rootOf(script: string): string {
  const own = dirname(script);
  for (let folder = own; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
    if (folder === dirname(folder)) return own;
  }
}
