// Where a bundle's files come from. The interface is what the bundler needs; behind it stands the
// disk, confined to the script's own folder and its packages. Nothing else is ever read: not by an
// absolute path, not by `../`, not through a symbolic link.

import { readFile, realpath, stat } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { dirname, extname, isAbsolute, join, relative, sep } from "node:path";
import type { Loader } from "esbuild";
import { BUNDLE_LIMITS } from "./bundle-limits.ts";

/** The files of one script. Paths are absolute and canonical. */
export interface ScriptSources {
  /** Error locations and source maps name files relative to it. */
  readonly root: string;
  readonly entry: string;
  /**
   * The file that an import means; null: there is none. Left out: esbuild's own resolver finds it,
   * which looks on the disk.
   */
  find?(specifier: string, importer: string): string | null;
  /** Why this file may not be part of the bundle; null if it may. */
  refusal(path: string): Promise<string | null>;
  /** The text of a file that was not refused. Throws a sentence for the author. */
  read(path: string): Promise<string>;
  /** Where files of the author's were read or looked for: who changes one may change the bundle. */
  readonly looked: Set<string>;
}

export const LOADERS: Readonly<Record<string, Loader>> = {
  ".ts": "ts",
  ".mts": "ts",
  ".tsx": "tsx",
  ".js": "js",
  ".mjs": "js",
  ".cjs": "js",
  ".json": "json",
};

export const loaderOf = (path: string): Loader | undefined => LOADERS[extname(path)];

/**
 * The script in `entryFile`, its folder tree (from the nearest package.json upwards of it, else its
 * own folder) and the node_modules of that folder or of the npm workspace it belongs to.
 */
export async function diskSources(entryFile: string): Promise<ScriptSources> {
  const entry = await realpath(entryFile);
  const root = await rootOf(entry);
  const hoisted = await hoistedModulesOf(root);
  const isAllowed = (path: string): boolean =>
    isInside(root, path) || (hoisted !== null && isInside(hoisted, path));
  return {
    root,
    entry,
    async refusal(path) {
      const real = await realpath(path);
      if (!isAllowed(path) || !isAllowed(real)) {
        return "is outside the script's folder: expected a file or a package in it";
      }
      if (loaderOf(real) === undefined) {
        return `cannot be bundled: expected ${Object.keys(LOADERS).join(", ")}`;
      }
      return null;
    },
    read: readSource,
    looked: new Set(),
  };
}

/** Why an import is refused for its form alone; null if it has to be looked up. */
export function formRefusal(specifier: string): string | null {
  if (specifier.startsWith("node:")) {
    return "is part of Node.js: a script has the web's globals and the module sluice only";
  }
  if (/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(specifier)) {
    return "is a URL: expected a relative path or the name of a package";
  }
  if (isAbsolute(specifier)) {
    return "is an absolute path: expected a relative path or the name of a package";
  }
  return null;
}

/** Why nothing was found under this name. */
export function missingReason(specifier: string): string {
  if (isBuiltin(specifier)) {
    return "is part of Node.js: a script has the web's globals and the module sluice only";
  }
  return specifier.startsWith(".")
    ? "cannot be found: expected a file of the script"
    : "cannot be found: expected a package in the script's node_modules";
}

async function readSource(path: string): Promise<string> {
  const bytesMax = loaderOf(path) === "json" ? BUNDLE_LIMITS.jsonBytes : BUNDLE_LIMITS.sourceBytes;
  const { size } = await stat(path);
  if (size > bytesMax)
    throw new Error(`The file is too large: ${size} bytes of at most ${bytesMax}`);
  return await readFile(path, "utf8");
}

async function rootOf(entry: string): Promise<string> {
  const own = dirname(entry);
  for (let folder = own; ; folder = dirname(folder)) {
    if (await exists(join(folder, "package.json"))) return folder;
    if (folder === dirname(folder)) return own;
  }
}

/** npm installs the packages of a workspace's members at the workspace's root. */
async function hoistedModulesOf(root: string): Promise<string | null> {
  for (let folder = dirname(root); folder !== dirname(folder); folder = dirname(folder)) {
    if (await isWorkspaceRoot(folder)) return join(folder, "node_modules");
  }
  return null;
}

async function isWorkspaceRoot(folder: string): Promise<boolean> {
  try {
    const manifest: unknown = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    return typeof manifest === "object" && manifest !== null && "workspaces" in manifest;
  } catch {
    return false;
  }
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
