// A script's files become one text for an isolate: bundled by esbuild, confined to the script's own
// files, with a source map for stack traces. What the author did wrong comes back as problems with
// their places; nothing that a script contains makes this throw.

import { createHash } from "node:crypto";
import { basename, join, relative, resolve, sep } from "node:path";
import type { BuildResult } from "esbuild";
import { attribute } from "./attribution/attribute.ts";
import { BUNDLE_LIMITS } from "./bundle-limits.ts";
import { optionsFor } from "./bundle-options.ts";
import { asWritten } from "./bundle-plugin.ts";
import {
  type BundleProblem,
  EXPECTED_DEFAULT,
  fileName,
  isPackage,
  missingFiles,
  type ProblemContext,
  packageName,
  problemsOf,
} from "./bundle-problem.ts";
import { sluiceExports } from "./bundle-runtime.ts";
import { sentSources } from "./bundle-sent.ts";
import { runBuild } from "./bundle-service.ts";
import { diskSources, isSource, type ScriptSources } from "./bundle-sources.ts";
import { SourceLines } from "./sourcemap.ts";

export interface Bundle {
  readonly ok: true;
  /**
   * Leaves its default export in `globalThis.__sluiceScript`. As it runs
   * (attribution/attribute.ts), or as it is sent: a classic script.
   */
  readonly code: string;
  /** JSON, version 3, with the sources in it. */
  readonly map: string;
  /** Of the bundle as it is sent, in hex. */
  readonly sha256: string;
  readonly bytes: number;
  readonly warnings: readonly BundleProblem[];
  /** Absolute paths of the files that it was made of, packages included. */
  readonly inputs: readonly string[];
}

export interface BundleRefusal {
  readonly ok: false;
  readonly errors: readonly BundleProblem[];
}

/** … of files on the disk. */
export interface FileRefusal extends BundleRefusal {
  /** Absolute paths of the files that were read, and of those that were looked for in vain. */
  readonly inputs: readonly string[];
}

/** As it runs. */
export async function bundleScript(entryFile: string): Promise<Bundle | FileRefusal> {
  const bundle = await bundleToSend(entryFile);
  if (!bundle.ok) return bundle;
  const result = attributed(bundle, basename(entryFile));
  return result.ok ? result : { ...result, inputs: bundle.inputs };
}

/** As it is sent to a proxy, which attributes it. */
export async function bundleToSend(entryFile: string): Promise<Bundle | FileRefusal> {
  const path = resolve(entryFile);
  let sources: ScriptSources;
  try {
    sources = await diskSources(path);
  } catch (thrown) {
    const why = thrown instanceof Error && "code" in thrown ? ` (${thrown.code})` : "";
    const expected = "expected a file of TypeScript or JavaScript";
    const text = `Cannot read the script: ${expected}, got none${why}`;
    return { ...refusal(entryFile, text), inputs: [path] };
  }
  const bundle = await bundleDisk(sources);
  return bundle.ok ? bundle : { ...bundle, inputs: [...sources.looked] };
}

async function bundleDisk(sources: ScriptSources): Promise<Bundle | BundleRefusal> {
  const entry = relative(sources.root, sources.entry).replaceAll(sep, "/");
  if (!isSource(entry))
    return refusal(entry, "The script cannot be bundled: expected a .ts or .js");
  const names = { entry, sluiceExports: await sluiceExports() };
  return await bundleSources(sources, names, runBuild);
}

/**
 * Files that were sent, as they run: by path, with `/` between its parts; nothing on the disk is
 * read.
 */
export async function bundleFiles(
  files: Readonly<Record<string, string>>,
  names: ScriptNames,
  run = runBuild,
): Promise<Bundle | BundleRefusal> {
  const { entry } = names;
  const bundle = await bundleSources(sentSources(files, entry), names, run);
  return bundle.ok ? attributed(bundle, entry) : bundle;
}

type ScriptNames = Pick<ProblemContext, "entry" | "sluiceExports">;

/** A bundle that was sent, as it runs. */
export function bundleSent(
  { code, map }: Pick<Bundle, "code" | "map">,
  entry: string,
): Bundle | BundleRefusal {
  return attributed({ ok: true, code, map, ...about(code), warnings: [], inputs: [] }, entry);
}

function attributed(bundle: Bundle, entry: string): Bundle | BundleRefusal {
  const result = attribute(bundle.code, bundle.map);
  if ("code" in result) return { ...bundle, ...result };
  const { text, line, column } = result;
  const place = new SourceLines(bundle.map).locate(line, column);
  return { ok: false, errors: [{ ...(place ?? { file: entry, line: 1, column: 1 }), text }] };
}

const about = (code: string) => ({
  sha256: createHash("sha256").update(code).digest("hex"),
  bytes: Buffer.byteLength(code),
});

async function bundleSources(
  sources: ScriptSources,
  names: ScriptNames,
  run: typeof runBuild,
): Promise<Bundle | BundleRefusal> {
  const context: ProblemContext = { ...names, missing: sources.missing };
  const outcome = await run(optionsFor(sources, context.sluiceExports));
  if (outcome.kind === "refused") {
    for (const name of missingFiles(outcome.errors)) sources.looked.add(join(sources.root, name));
    return { ok: false, errors: problemsOf(outcome.errors, context) };
  }
  if (outcome.kind === "crashed") {
    return refusal(
      context.entry,
      "The bundler broke down on this script: is it nested very deeply?",
    );
  }
  if (outcome.kind === "timeout") {
    return refusal(context.entry, `Bundling took more than ${BUNDLE_LIMITS.buildMs} ms`);
  }
  return bundleOf(outcome.result, context, sources.root);
}

function bundleOf(
  { outputFiles, metafile, warnings }: BuildResult<{ write: false; metafile: true }>,
  context: ProblemContext,
  root: string,
): Bundle | BundleRefusal {
  const code = outputFiles.find(({ path }) => path.endsWith(".js"))?.text ?? "";
  const map = outputFiles.find(({ path }) => path.endsWith(".map"))?.text ?? "";
  const inputs = new Map(
    Object.entries(metafile.inputs).map(([at, input]) => [fileName(at), input]),
  );
  if (inputs.get(context.entry)?.format !== "esm") {
    return refusal(context.entry, EXPECTED_DEFAULT);
  }
  if (code.length > BUNDLE_LIMITS.bundleBytes) {
    const sizes = `${code.length} bytes of at most ${BUNDLE_LIMITS.bundleBytes}`;
    const parts = `the largest parts: ${largestParts(metafile)}`;
    return refusal(context.entry, `The bundle is too large: ${sizes}; ${parts}`);
  }
  return {
    ok: true,
    code,
    map: withFileNames(map),
    ...about(code),
    // of what packages do their authors know
    warnings: problemsOf(warnings, context).filter(({ file }) => !isPackage(file)),
    inputs: [...inputs.keys()]
      .filter((name) => !IN_MEMORY.test(name))
      .map((name) => join(root, name)),
  };
}

const PARTS_SHOWN = 3;

/** Packages and files of the script, with what they take of the bundle. */
function largestParts({ outputs }: BuildResult<{ metafile: true }>["metafile"]): string {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  const sizes = new Map<string, number>();
  for (const [at, { bytesInOutput }] of inputs) {
    if (at.startsWith("sluice:")) continue;
    const name = packageName(fileName(at));
    sizes.set(name, (sizes.get(name) ?? 0) + bytesInOutput);
  }
  const largest = [...sizes].sort(([, one], [, two]) => two - one).slice(0, PARTS_SHOWN);
  return largest.map(([name, bytes]) => `${name} ${bytes}`).join(", ");
}

/** Ours, and what a `browser` map leaves out. */
const IN_MEMORY = /^(?:sluice:|\(disabled\):)/;

/** The source map with the names and the texts that the author knows. */
function withFileNames(json: string): string {
  const map: { sources: string[]; sourcesContent: string[] } = JSON.parse(json);
  const { sources, sourcesContent } = map;
  return JSON.stringify({
    ...map,
    sources: sources.map(fileName),
    sourcesContent: sourcesContent.map(asWritten),
  });
}

function refusal(file: string, text: string): BundleRefusal {
  return { ok: false, errors: [{ file, line: 1, column: 1, text }] };
}
