// Where a bundle's files come from. The interface is what the bundler needs; behind it stands the
// disk, confined to the script's own folder and its packages. Nothing else is ever read: not by an
// absolute path, not by `../`, not through a symbolic link.

import { readFile, realpath, stat } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { basename, dirname, extname, isAbsolute, join } from "node:path";
import type { Loader } from "esbuild";
import { isInside } from "../base/inside.ts";
import { BrowserMaps } from "./bundle-browser-map.ts";
import { BUNDLE_LIMITS } from "./bundle-limits.ts";
import { Workspace } from "./bundle-workspace.ts";
import { nodeRefusal } from "./node-hints.ts";

/** As what a file is read, or why it may not be part of the bundle. */
export type Admission = { readonly loader: Loader } | { readonly refusal: string };

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
  /** @param isText  the import says `with { type: "text" }` */
  admit(path: string, isText: boolean): Promise<Admission>;
  /** The text of a file that was admitted. Throws a sentence for the author. */
  read(path: string, loader: Loader): Promise<string>;
  /** Why nothing was found under this name. */
  missing(specifier: string): string;
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
  // their text, as a string
  ".txt": "text",
  ".html": "text",
  ".md": "text",
  ".csv": "text",
  ".svg": "text",
  ".xml": "text",
  ".sql": "text",
  ".graphql": "text",
};

export const loaderOf = (path: string): Loader | undefined => LOADERS[extname(path)];

export const isSource = (path: string): boolean =>
  !["json", "text", undefined].includes(loaderOf(path));

/** By its name alone. Files whose names begin with a dot hold settings and secrets. */
export function admissionOf(path: string, isText: boolean): Admission {
  const loader = isText && !basename(path).startsWith(".") ? "text" : loaderOf(path);
  if (loader !== undefined) return { loader };
  const expected = `${Object.keys(LOADERS).join(", ")}, or with { type: "text" }`;
  return { refusal: `cannot be bundled: expected ${expected}` };
}

/** Characters or bytes that a file may have. */
export const sizeMax = (loader: Loader): number =>
  loader === "json" || loader === "text" ? BUNDLE_LIMITS.dataBytes : BUNDLE_LIMITS.sourceBytes;

/**
 * The script in `entryFile`, its folder tree (from the nearest package.json upwards of it, else its
 * own folder) with its node_modules, and the packages of the workspace that it belongs to.
 */
export async function diskSources(entryFile: string): Promise<ScriptSources> {
  const entry = await realpath(entryFile);
  const root = await rootOf(entry);
  const workspace = await Workspace.around(root);
  const maps = new BrowserMaps();
  return {
    root,
    entry,
    async admit(path, isText) {
      const real = await realpath(path).catch(() => null);
      // the resolver has found it, so a `browser` map leaves it out
      if (real === null || (await stat(real)).isDirectory() || (await maps.leavesOut(path))) {
        return { loader: "empty" };
      }
      if (isInside(root, real) || (await workspace?.has(real)) === true) {
        return admissionOf(real, isText);
      }
      return { refusal: OUTSIDE };
    },
    async read(path, loader) {
      if (loader === "empty") return "";
      const bytesMax = sizeMax(loader);
      const { size } = await stat(path);
      if (size <= bytesMax) return await readFile(path, "utf8");
      throw new Error(`The file is too large: ${size} bytes of at most ${bytesMax}`);
    },
    missing: missingReason,
    looked: new Set(),
  };
}

const OUTSIDE =
  "is outside the script's folder: expected a file of it, or a package that its package.json " +
  "names, of its own node_modules or its workspace";

/** Why an import is refused for its form alone; null if it has to be looked up. */
export function formRefusal(specifier: string): string | null {
  // looked up: a package may say what it has in the place of a part of Node.js
  if (specifier.startsWith("node:")) return null;
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
  if (specifier.startsWith("node:") || isBuiltin(specifier)) return nodeRefusal(specifier);
  return specifier.startsWith(".")
    ? "cannot be found: expected a file of the script"
    : "cannot be found: expected a package in the script's node_modules";
}

async function rootOf(entry: string): Promise<string> {
  const own = dirname(entry);
  for (let folder = own; ; folder = dirname(folder)) {
    if (await exists(join(folder, "package.json"))) return folder;
    if (folder === dirname(folder)) return own;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
