// The files that a cell or the bundler may read: Node and the shared libraries that it has loaded,
// our own code, and the packages that it imports.

import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import type { SandboxFile } from "./command.ts";
import type { Programs } from "./programs.ts";

/** isolated-vm, and what it loads its binary with. */
const CELL_PACKAGES = ["isolated-vm", "node-gyp-build"] as const;
/** esbuild, the program that it is, and the parser of what it makes. */
const BUNDLER_PACKAGES = [
  "esbuild",
  `@esbuild/${process.platform}-${process.arch}`,
  "acorn",
] as const;

/**
 * Asked for before there is any worker: the report has a part of each, and waits for one that is
 * stuck for ever.
 */
const LIBRARIES = sharedLibraries();

export const cellFiles = (programs: Programs): readonly SandboxFile[] =>
  filesWith(CELL_PACKAGES, programs);

export const bundlerFiles = (programs: Programs): readonly SandboxFile[] =>
  filesWith(BUNDLER_PACKAGES, programs);

function filesWith(packages: readonly string[], { root, code }: Programs): readonly SandboxFile[] {
  const places = [process.execPath, ...LIBRARIES, code, join(root, "package.json")];
  const files = places.map((path) => ({ source: path, target: path }));
  for (const name of packages) files.push(...packageFiles(name, root));
  // a later mount hides what an earlier one put below it
  return files.sort((one, two) => one.target.length - two.target.length);
}

/** By the names under which the dynamic linker looked for them. */
function sharedLibraries(): string[] {
  // Else it asks for the names of its peers' addresses. The types do not know it.
  Object.assign(process.report, { excludeNetwork: true });
  const made: unknown = process.report.getReport();
  const isMade = typeof made === "object" && made !== null && "sharedObjects" in made;
  const names: unknown = isMade ? made.sharedObjects : [];
  if (!Array.isArray(names)) return [];
  return names.map(String).filter((name) => name.startsWith("/") && existsSync(name));
}

/** Where Node will look for it, and where that leads: it may be a link. */
function packageFiles(name: string, root: string): SandboxFile[] {
  for (let folder = root; ; folder = dirname(folder)) {
    const target = join(folder, "node_modules", name);
    if (existsSync(target)) {
      const source = realpathSync(target);
      const places = source === target ? [target] : [target, source];
      return places.map((place) => ({ source, target: place }));
    }
    if (dirname(folder) === folder) throw new Error(`Cannot find the package ${name}`);
  }
}
