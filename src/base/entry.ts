// Where the files of Sluice are: in a checkout (src/*.ts, run as they are) or in the package
// (dist/*.js, built one to one). No other file may know which of the two it is.

import { fileURLToPath } from "node:url";

/** `.ts` in a checkout, `.js` in the package: this file's own. */
const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";

/**
 * URL of one of our own modules, for a worker thread or a child process to start with:
 * `entryUrl("cli/main")` is `…/src/cli/main.ts` or `…/dist/cli/main.js`.
 */
export const entryUrl = (name: string): URL => new URL(`../${name}${extension}`, import.meta.url);

/** The same as a path, for a command line. */
export const entryPath = (name: string): string => fileURLToPath(entryUrl(name));

/** This is no package that npm made, but what it is made of. */
export const isCheckout = extension === ".ts";

/** Folder of the package, with a slash at its end. */
export const packageUrl: URL = new URL("../../", import.meta.url);

/**
 * Path of a file of the SDK, which is TypeScript in both cases because esbuild bundles it into
 * scripts at run time: `sdkPath("index.ts")`.
 */
export const sdkPath = (name: string): string => fileURLToPath(new URL(`sdk/${name}`, packageUrl));

/**
 * Path of the declarations of an SDK module: its source in a checkout, built ones in the package,
 * because a user's compiler options are not ours.
 */
export const sdkTypesPath = (module: string): string => {
  const path = extension === ".ts" ? `sdk/${module}.ts` : `dist/types/sdk/${module}.d.ts`;
  return fileURLToPath(new URL(path, packageUrl));
};
