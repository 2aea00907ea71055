// The plugin that stands between esbuild and the files: every import passes `resolve`, every file
// `load`. esbuild's own resolver knows packages, exports and extensions, but its answer counts
// only if the sources (bundle-sources.ts) allow it.
//
// Files are in a namespace of ours, by their path from the root. In esbuild's own, "file", a
// comment `//# sourceMappingURL=../../secret` would make it read that file too.

import { isBuiltin } from "node:module";
import { dirname, join, relative, sep } from "node:path";
import type { OnLoadResult, OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from "esbuild";
import { BUNDLE_LIMITS } from "./bundle-limits.ts";
import { formRefusal, loaderOf, missingReason, type ScriptSources } from "./bundle-sources.ts";

/** Namespace of the script's files; before it, their paths in messages and source maps. */
export const FILES = "script";

/** What the wrapper imports: the script's entry file. */
export const ENTRY = "sluice:script";
/** Marks what asks esbuild's resolver, so that the plugin does not ask itself. */
const OWN_LOOKUP = Symbol("own lookup");

export function scriptPlugin(sources: ScriptSources, sluiceExports: readonly string[]): Plugin {
  return {
    name: "sluice",
    setup(build) {
      const budget = new Budget();
      build.onResolve({ filter: /.*/ }, (args) => resolve(build, sources, args));
      build.onLoad({ filter: /.*/, namespace: FILES }, ({ path }) => load(sources, budget, path));
      build.onLoad({ filter: /.*/, namespace: "sluice" }, () => sluiceModule(sluiceExports));
      // What a package's "browser" field maps to false.
      build.onLoad({ filter: /.*/, namespace: "nothing" }, () => ({ contents: "" }));
    },
  };
}

async function resolve(
  build: PluginBuild,
  sources: ScriptSources,
  args: OnResolveArgs,
): Promise<OnResolveResult | undefined> {
  if (args.pluginData === OWN_LOOKUP) return undefined;
  if (args.path === ENTRY) return fileOf(sources, sources.entry);
  if (args.path === "sluice") return { path: "sluice", namespace: "sluice" };
  const refusal = formRefusal(args.path);
  if (refusal !== null) return refuse(args.path, refusal);

  const { kind, resolveDir } = args;
  const importer = join(sources.root, args.importer);
  if (sources.find !== undefined) {
    const path = sources.find(args.path, importer);
    return path === null ? refuse(args.path, uploadReason(args.path)) : fileOf(sources, path);
  }
  const lookup = { importer, kind, namespace: "file", resolveDir, pluginData: OWN_LOOKUP };
  const found = await build.resolve(args.path, { ...lookup, with: args.with });
  if (found.errors.length > 0) {
    if (args.path.startsWith(".")) sources.looked.add(join(resolveDir, args.path));
    return refuse(args.path, missingReason(args.path));
  }
  if (found.namespace === "(disabled)") return { path: args.path, namespace: "nothing" };
  const reason = found.namespace === "file" ? await sources.refusal(found.path) : "is no file";
  if (reason !== null) return refuse(args.path, reason);
  return { ...fileOf(sources, found.path), sideEffects: found.sideEffects };
}

/** Why files that came without a disk around them do not have this one. */
function uploadReason(specifier: string): string {
  if (specifier.startsWith(".") || isBuiltin(specifier)) return missingReason(specifier);
  return "is a package: expected a bundle with it inside, as sluice deploy makes one";
}

function fileOf({ root }: ScriptSources, path: string): OnResolveResult {
  return { path: relative(root, path).replaceAll(sep, "/"), namespace: FILES };
}

function refuse(specifier: string, reason: string): OnResolveResult {
  return { errors: [{ text: `Cannot import "${specifier}": it ${reason}` }] };
}

/** Files and bytes that one bundle may read. */
class Budget {
  #inputs = 0;
  #bytes = 0;

  /** Why the next file is one too many; null if it is not. */
  take(text: string): string | null {
    this.#inputs++;
    this.#bytes += text.length;
    const { inputs, inputBytes } = BUNDLE_LIMITS;
    if (this.#inputs > inputs) return `The bundle has too many files: at most ${inputs}`;
    if (this.#bytes > inputBytes) return `The files are too large: at most ${inputBytes} bytes`;
    return null;
  }
}

async function load(sources: ScriptSources, budget: Budget, name: string): Promise<OnLoadResult> {
  const path = join(sources.root, name);
  sources.looked.add(path);
  try {
    const contents = await sources.read(path);
    const problem = budget.take(contents) ?? depthProblem(contents);
    if (problem !== null) return { errors: [{ text: problem }] };
    return { contents, loader: loaderOf(path) ?? "default", resolveDir: dirname(path) };
  } catch (error) {
    const text = error instanceof Error ? error.message : "The file cannot be read";
    return { errors: [{ text }] };
  }
}

const OPENING = /[([{]/;
const BRACKETS = /[()[\]{}]/g;

/** Counts brackets in strings and comments too: coarse, but the bound is far from honest code. */
function depthProblem(text: string): string | null {
  let depth = 0;
  for (const [bracket] of text.matchAll(BRACKETS)) {
    depth = OPENING.test(bracket) ? depth + 1 : Math.max(0, depth - 1);
    if (depth > BUNDLE_LIMITS.bracketDepth) {
      return `The file is nested too deeply: at most ${BUNDLE_LIMITS.bracketDepth} open brackets`;
    }
  }
  return null;
}

/** The kernel lays the real exports out under this name while the script is loaded. */
function sluiceModule(names: readonly string[]): OnLoadResult {
  const lines = names.map((name) => `export const ${name} = globalThis.__sluice.${name};`);
  return { contents: lines.join("\n"), loader: "js" };
}
