// The files of a script that was sent rather than found on a disk. They exist in memory alone: an
// import finds another file of the same upload or nothing, whatever it is called.

import { isBuiltin } from "node:module";
import { dirname, join, posix } from "node:path";
import {
  admissionOf,
  LOADERS,
  missingReason,
  type ScriptSources,
  sizeMax,
} from "./bundle-sources.ts";

/** Of no disk: it only keeps esbuild's paths absolute. */
const ROOT = "/sluice-upload";

/** Tried in this order behind a path that names no file itself. */
const ENDINGS = [
  ...Object.keys(LOADERS),
  ...Object.keys(LOADERS).map((extension) => `/index${extension}`),
];

/** TypeScript lets people import `./a.js` and mean `./a.ts`. */
const WRITTEN_AS: Readonly<Record<string, readonly string[]>> = {
  ".js": [".ts", ".tsx"],
  ".mjs": [".mts"],
};

/** @param files  by path; the paths are checked by who takes the upload */
export function sentSources(files: Readonly<Record<string, string>>, entry: string): ScriptSources {
  const byPath = new Map(Object.entries(files).map(([name, text]) => [join(ROOT, name), text]));
  return {
    root: ROOT,
    entry: join(ROOT, entry),
    looked: new Set(),
    find(specifier, importer) {
      if (!specifier.startsWith(".")) return null;
      const path = posix.join(dirname(importer), specifier);
      return candidates(path).find((candidate) => byPath.has(candidate)) ?? null;
    },
    admit: async (path, isText) => admissionOf(path, isText),
    async read(path, loader) {
      const text = byPath.get(path);
      if (text === undefined) throw new Error("The file is not part of the upload");
      const charsMax = sizeMax(loader);
      if (text.length <= charsMax) return text;
      throw new Error(`The file is too large: ${text.length} characters of at most ${charsMax}`);
    },
    missing(specifier) {
      if (specifier.startsWith(".") || specifier.startsWith("node:") || isBuiltin(specifier)) {
        return missingReason(specifier);
      }
      return "is a package: expected a bundle with it inside, as sluice deploy makes one";
    },
  };
}

function candidates(path: string): string[] {
  const extension = /\.[cm]?jsx?$/.exec(path)?.[0] ?? "";
  const stem = path.slice(0, path.length - extension.length);
  const rewritten = (WRITTEN_AS[extension] ?? []).map((other) => stem + other);
  return [path, ...rewritten, ...ENDINGS.map((ending) => path + ending)];
}
