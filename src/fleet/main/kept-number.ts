// A number that a proxy needs at its next start, when nobody may be there to ask: in a file of its
// own, in the folder of its copy.

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export class KeptNumber {
  readonly #path: string;

  constructor(folder: string, name: string) {
    this.#path = join(folder, name);
  }

  /** Null: there is none, or it is damaged. */
  read(): number | null {
    try {
      const value = Number.parseInt(readFileSync(this.#path, "utf8"), 10);
      return Number.isSafeInteger(value) ? value : null;
    } catch {
      return null;
    }
  }

  write(value: number): void {
    try {
      // whoever is killed here, or finds the disk full, has the one before
      writeFileSync(`${this.#path}~`, `${value}\n`, { mode: 0o600 });
      renameSync(`${this.#path}~`, this.#path);
    } catch {
      // a full disk: it is known until the end of the process
    }
  }
}
