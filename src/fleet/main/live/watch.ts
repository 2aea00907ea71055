// Tells when one of a set of files may have changed. It watches their folders: editors write a new
// file and rename it over the old one, and a watch on the old file would go with it. A folder can
// go the same way (`git checkout`, `mv`), or may not be there yet: so now and then the watch looks
// whether each path still leads to the folder that it watches; and where the system watches no more
// folders, at the files themselves. What was saved after it was read, and before its folder was
// watched, has changed as well.

import { type FSWatcher, statSync, watch } from "node:fs";
import { dirname, extname } from "node:path";
import { ownersOf } from "../../../base/config/operator.ts";
import type { Config } from "../../../base/config/types.ts";
import { LIMITS } from "../../../base/limits.ts";

/** What a configuration and its scripts are written in; logs and databases beside them are not. */
const SOURCES = new Set([".yaml", ".yml", ".ts", ".mts", ".tsx", ".js", ".mjs", ".cjs", ".json"]);

interface Watched {
  /** Null: the folder is not there, or the system watches no more of them. */
  readonly watcher: FSWatcher | null;
  /** Of the folder, and of its files if it is not watched: another one is a change. */
  readonly identity: string;
}

export class FolderWatch implements Disposable {
  readonly #folders = new Map<string, Watched>();
  readonly #changed: () => void;
  readonly #look: NodeJS.Timeout;
  #files: readonly string[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** `changed` is called once things have been quiet for a moment. */
  constructor(changed: () => void) {
    this.#changed = changed;
    this.#look = setInterval(() => this.#lookAgain(), LIMITS.watchLookMs).unref();
  }

  /**
   * From now on these files and what is beside them, and no others.
   *
   * @param readFromMs  when whoever has read them began to
   */
  watch(files: readonly string[], readFromMs: number): void {
    this.#files = files;
    const folders = new Set(files.map((file) => dirname(file)));
    for (const [folder, { watcher }] of this.#folders) {
      if (folders.has(folder) && watcher !== null) continue;
      watcher?.close();
      this.#folders.delete(folder);
    }
    const added = new Set([...folders].filter((folder) => !this.#folders.has(folder)));
    for (const folder of added) this.#folders.set(folder, this.#watched(folder));
    // others have been watched all the while
    const unwatched = files.filter((file) => added.has(dirname(file)));
    if (unwatched.some((file) => hasChangedSince(file, readFromMs))) this.#arm();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#look);
    clearTimeout(this.#timer);
    for (const { watcher } of this.#folders.values()) watcher?.close();
    this.#folders.clear();
  }

  #watched(folder: string): Watched {
    const identity = identityOf(folder);
    if (identity === "") return { watcher: null, identity };
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        if (name === null || SOURCES.has(extname(name))) this.#arm();
      });
      // the folder is gone: that is seen when it is looked at next
      watcher.on("error", () => watcher.close());
      return { watcher, identity };
    } catch {
      return { watcher: null, identity: this.#identityUnwatched(folder) };
    }
  }

  #lookAgain(): void {
    for (const [folder, { watcher, identity }] of this.#folders) {
      const now = watcher === null ? this.#identityUnwatched(folder) : identityOf(folder);
      if (now === identity) continue;
      watcher?.close();
      this.#folders.set(folder, this.#watched(folder));
      this.#arm();
    }
  }

  #identityUnwatched(folder: string): string {
    const identity = identityOf(folder);
    if (identity === "") return "";
    const own = this.#files.filter((file) => dirname(file) === folder);
    return [identity, ...own.map(changedMsOf)].join(" ");
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#changed, LIMITS.watchQuietMs).unref();
  }
}

/** The number of an inode alone is soon given to another folder. */
function identityOf(folder: string): string {
  try {
    const found = statSync(folder);
    return found.isDirectory() ? `${found.dev}:${found.ino}:${found.birthtimeMs}` : "";
  } catch {
    return "";
  }
}

/**
 * By the time of its last change: unlike that of what is in it, nobody sets it, and it is that of
 * the renaming where an old file takes another's place. One from the future, of a disk with a clock
 * of its own, would be news for ever.
 */
function hasChangedSince(file: string, sinceMs: number): boolean {
  const changedMs = Math.floor(changedMsOf(file) ?? Number.NEGATIVE_INFINITY);
  return sinceMs < changedMs && changedMs <= Date.now();
}

/** Null: it is not there, or nobody can say; a link may lead to itself. */
function changedMsOf(file: string): number | null {
  try {
    return statSync(file).ctimeMs;
  } catch {
    return null;
  }
}

/** The configuration, and what its scripts are made of, but for packages. */
export function filesToWatch(config: Config, inputs: readonly string[]): string[] {
  const own = inputs.filter((file) => !file.includes("/node_modules/"));
  const scripts = ownersOf(config)
    .map(({ script }) => script)
    .filter((file) => file !== null);
  const file = config.file === null ? [] : [config.file];
  return [...file, ...scripts, ...own];
}
