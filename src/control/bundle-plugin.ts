// The plugin that stands between esbuild and the files. Files of a disk are found by esbuild's own
// resolver, which knows packages, conditions and `browser` maps, and are read here: what the
// sources (bundle-sources.ts) do not allow gets no further. Files that were sent are found and read
// here alone.

import { dirname, join, relative, sep } from "node:path";
import type { OnLoadArgs, OnLoadResult, OnResolveArgs, OnResolveResult, Plugin } from "esbuild";
import { BUNDLE_LIMITS } from "./bundle-limits.ts";
import { formRefusal, type ScriptSources } from "./bundle-sources.ts";

/** Namespace of files that were sent; before it, their paths in messages and source maps. */
export const SENT = "script";

/** What the wrapper imports: the script's entry file. */
export const ENTRY = "sluice:script";

/** In the place of a specifier that only the message about it has (bundle-problem.ts). */
export const IMPORTED = "\0imported";

/** What is not left to a resolver: names of ours, URLs, absolute paths. */
const SPECIAL = /^(?:sluice$|[A-Za-z][A-Za-z0-9+.-]*:|\/)/;
const ANY = /.*/;

export function scriptPlugin(sources: ScriptSources, sluiceExports: readonly string[]): Plugin {
  return {
    name: "sluice",
    setup(build) {
      const budget = new Budget();
      const read = (args: OnLoadArgs): Promise<OnLoadResult> => load(sources, budget, args);
      build.onResolve({ filter: SPECIAL }, (args) => resolveSpecial(sources, args));
      build.onLoad({ filter: ANY, namespace: "sluice" }, () => sluiceModule(sluiceExports));
      if (sources.find === undefined) {
        build.onLoad({ filter: ANY, namespace: "file" }, read);
        return;
      }
      build.onResolve({ filter: ANY }, (args) => resolveSent(sources, args));
      build.onLoad({ filter: ANY, namespace: SENT }, read);
      // no file of a disk, however it was found
      build.onLoad({ filter: ANY, namespace: "file" }, () => problem("The file was not sent"));
    },
  };
}

function resolveSpecial(
  sources: ScriptSources,
  { path }: OnResolveArgs,
): OnResolveResult | undefined {
  if (path === ENTRY) return found(sources, sources.entry);
  if (path === "sluice") return { path: "sluice", namespace: "sluice" };
  const refusal = formRefusal(path);
  return refusal === null ? undefined : problem(`Cannot import "${path}": it ${refusal}`);
}

/** Undefined: it is not there, and esbuild, which knows nowhere to look, says so. */
function resolveSent(
  sources: ScriptSources,
  { path, importer }: OnResolveArgs,
): OnResolveResult | undefined {
  const file = sources.find?.(path, join(sources.root, importer)) ?? null;
  return file === null ? undefined : found(sources, file);
}

function found({ root, find }: ScriptSources, path: string): OnResolveResult {
  if (find === undefined) return { path, namespace: "file" };
  return { path: relative(root, path).replaceAll(sep, "/"), namespace: SENT };
}

const problem = (text: string) => ({ errors: [{ text }] });

/** Files and bytes that one bundle may read. */
class Budget {
  #files = 0;
  #bytes = 0;

  /** Why the next file is one too many; null if it is not. */
  take(text: string): string | null {
    this.#files++;
    this.#bytes += text.length;
    const { filesRead, bytesRead } = BUNDLE_LIMITS;
    if (this.#files > filesRead) return `The bundle is made of too many files: over ${filesRead}`;
    if (this.#bytes > bytesRead) return `The files are too large: over ${bytesRead} bytes together`;
    return null;
  }
}

async function load(
  sources: ScriptSources,
  budget: Budget,
  { path: name, namespace, with: attributes }: OnLoadArgs,
): Promise<OnLoadResult> {
  const path = namespace === SENT ? join(sources.root, name) : name;
  const isText = attributes.type === "text";
  sources.looked.add(path);
  try {
    const admitted = await sources.admit(path, isText);
    if ("refusal" in admitted) {
      return problem(`Cannot import ${IMPORTED}: it ${admitted.refusal}`);
    }
    const contents = await sources.read(path, admitted.loader);
    const reason = budget.take(contents) ?? depthProblem(contents);
    if (reason !== null) return problem(reason);
    // without a folder esbuild looks for nothing on the disk
    const place = namespace === SENT ? {} : { resolveDir: dirname(path) };
    return { contents: withoutMap(contents), loader: admitted.loader, ...place };
  } catch (error) {
    return problem(error instanceof Error ? error.message : "The file cannot be read");
  }
}

/** The last comment of its kind counts, and the map of this one is empty. */
const NO_MAP =
  '\n//# sourceMappingURL=data:application/json,{"version":3,"sources":[],"mappings":""}';

/** A comment `//# sourceMappingURL=../../secret` would make esbuild read that file too. */
const withoutMap = (text: string): string =>
  text.includes("sourceMappingURL") ? text + NO_MAP : text;

/** The text as it was before `withoutMap`. */
export const asWritten = (text: string): string =>
  text.endsWith(NO_MAP) ? text.slice(0, -NO_MAP.length) : text;

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

/**
 * The kernel lays the real exports out under this name while the script is loaded. A name that the
 * script does not import leaves no trace in the bundle, since parts of the runtime go by names.
 */
function sluiceModule(names: readonly string[]): OnLoadResult {
  const lines = names.map(
    (name) => `export const ${name} = /* @__PURE__ */ (() => globalThis.__sluice.${name})();`,
  );
  return { contents: lines.join("\n"), loader: "js" };
}
