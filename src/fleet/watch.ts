// Tells when one of a set of files may have changed. It watches their folders, not the files:
// editors write a new file and rename it over the old one, and a watch on the old one would go
// with it.

import { type FSWatcher, watch } from "node:fs";
import { dirname, extname } from "node:path";
import type { Config } from "../base/config/types.ts";
import { LIMITS } from "../base/limits.ts";

/** What a configuration and its scripts are written in; logs and databases beside them are not. */
const SOURCES = new Set([".yaml", ".yml", ".ts", ".mts", ".tsx", ".js", ".mjs", ".cjs", ".json"]);

export class FolderWatch implements Disposable {
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #changed: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** `changed` is called once things have been quiet for a moment. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** From now on these files and what is beside them, and no others. */
  watch(files: readonly string[]): void {
    const folders = new Set(files.map((file) => dirname(file)));
    for (const [folder, watcher] of this.#watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of folders) {
      if (!this.#watchers.has(folder)) this.#add(folder);
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #add(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        if (name === null || SOURCES.has(extname(name))) this.#arm();
      });
      // the folder is gone: its files cannot be read either, which the next reload says
      watcher.on("error", () => this.#watchers.delete(folder));
      this.#watchers.set(folder, watcher);
    } catch {
      // not there yet: watched again with the next reload
    }
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#changed, LIMITS.watchQuietMs).unref();
  }
}

/** The configuration, and what its scripts are made of, but for packages. */
export function filesToWatch(config: Config, inputs: readonly string[]): string[] {
  const own = inputs.filter((file) => !file.includes("/node_modules/"));
  const scripts = config.tenants.map(({ script }) => script).filter((file) => file !== null);
  const file = config.file === null ? [] : [config.file];
  return [...file, ...scripts, ...own];
}
