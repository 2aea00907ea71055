// Files that a package leaves out where there is no Node.js, by its package.json: `"browser": {
// "./lib/node.js": false }`. esbuild's resolver knows of it, and does not tell who reads the file.

import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

export class BrowserMaps {
  /** By folder, the files that the package around it leaves out. */
  readonly #leftOut = new Map<string, Promise<ReadonlySet<string>>>();

  async leavesOut(path: string): Promise<boolean> {
    return (await this.#of(dirname(path))).has(path);
  }

  #of(folder: string): Promise<ReadonlySet<string>> {
    const known = this.#leftOut.get(folder);
    if (known !== undefined) return known;
    const found = this.#read(folder);
    this.#leftOut.set(folder, found);
    return found;
  }

  async #read(folder: string): Promise<ReadonlySet<string>> {
    const manifest = await readFile(join(folder, "package.json"), "utf8").catch(() => null);
    if (manifest !== null) return leftOutBy(manifest, folder);
    const above = dirname(folder);
    return above === folder ? new Set() : await this.#of(above);
  }
}

function leftOutBy(manifest: string, folder: string): ReadonlySet<string> {
  try {
    const { browser }: { browser?: unknown } = JSON.parse(manifest);
    if (typeof browser !== "object" || browser === null) return new Set();
    const names = Object.entries(browser).filter(([, meant]) => meant === false);
    return new Set(names.map(([name]) => join(folder, name)));
  } catch {
    return new Set(); // esbuild says what is wrong with it
  }
}
