// The bundles that isolates start with, built from sdk/: the kernel, and the parts for the scripts
// that need them (bundle-extras.ts). And the names that the module `sluice` exports, read off its
// source. The package has both already: making them takes half of a start's time.

import { readFileSync } from "node:fs";
import { build, type Plugin } from "esbuild";
import { isCheckout, packageUrl, sdkPath } from "../base/entry.ts";
import { EXTRAS, type Extra, patternOf } from "./bundle-extras.ts";
import { usingEsbuild } from "./bundle-service.ts";

interface RuntimeExtra {
  readonly name: string;
  readonly pattern: string;
  readonly code: string;
}

export interface RuntimeBundles {
  /** Our runtime with the web globals. */
  readonly kernel: string;
  /** Evaluated after it, each for the code that its pattern is found in. */
  readonly extras: readonly RuntimeExtra[];
}

/** What is made of sdk/, as the package has it in MADE_SDK. */
export interface MadeSdk {
  readonly runtime: RuntimeBundles;
  /** The value exports of sdk/index.ts: what a script may import from "sluice". */
  readonly sluiceExports: readonly string[];
}

/** Its place in the package. */
export const MADE_SDK = "dist/sdk.json";

export async function makeSdk(): Promise<MadeSdk> {
  const [runtime, sluiceExports] = await Promise.all([makeRuntime(), exportsOf("index.ts")]);
  return { runtime, sluiceExports };
}

function readMadeSdk(): MadeSdk {
  return JSON.parse(readFileSync(new URL(MADE_SDK, packageUrl), "utf8"));
}

export async function buildRuntime(): Promise<RuntimeBundles> {
  return isCheckout ? await makeRuntime() : readMadeSdk().runtime;
}

async function makeRuntime(): Promise<RuntimeBundles> {
  const shared = await exportsOf("runtime/shared.ts");
  const [kernel, ...codes] = await Promise.all([
    buildClassic("runtime/main.ts"),
    ...EXTRAS.map((extra) => buildExtra(extra, shared)),
  ]);
  const extras = EXTRAS.map((extra, i): RuntimeExtra => {
    return { name: extra.name, pattern: patternOf(extra), code: codes[i] ?? "" };
  });
  return { kernel, extras };
}

/** One part alone, as it is evaluated after the kernel. */
export async function buildExtra(
  { entry }: Pick<Extra, "entry">,
  shared: readonly string[],
): Promise<string> {
  return await buildClassic(`runtime/${entry}`, [ofTheKernel(shared)]);
}

async function buildClassic(file: string, plugins: Plugin[] = []): Promise<string> {
  const { outputFiles } = await usingEsbuild(() =>
    build({
      entryPoints: [sdkPath(file)],
      plugins,
      bundle: true,
      write: false,
      format: "iife",
      target: "esnext",
      charset: "ascii",
      legalComments: "none",
      platform: "neutral",
      mainFields: ["module", "main"],
      minify: true,
      // functions of sloppy code tell a script who called it, and with what
      banner: { js: '"use strict";' },
      tsconfigRaw: "{}",
      logLevel: "silent",
    }),
  );
  return outputFiles[0]?.text ?? "";
}

/**
 * What a part takes from sdk/runtime/shared.ts is the kernel's own, and no copy of it; so are the
 * atomics of src/wire/atomics.ts, which the realm has lost by then.
 */
const ofTheKernel = (names: readonly string[]): Plugin => ({
  name: "of-the-kernel",
  setup({ onResolve, onLoad }) {
    const kernel = { path: "shared", namespace: "kernel" };
    onResolve({ filter: /\/(?:shared|atomics)\.ts$/ }, () => kernel);
    onLoad({ filter: /.*/, namespace: "kernel" }, () => ({ contents: accessTo(names) }));
  },
});

const accessTo = (names: readonly string[]): string =>
  names.map((name) => `export const ${name} = globalThis.__sluiceShared.${name};`).join("\n");

let exportNames: Promise<readonly string[]> | null = null;

export function sluiceExports(): Promise<readonly string[]> {
  exportNames ??= isCheckout ? exportsOf("index.ts") : Promise.resolve(readMadeSdk().sluiceExports);
  return exportNames;
}

/** The names of the values that a file of sdk/ exports. */
export async function exportsOf(file: string): Promise<readonly string[]> {
  const { metafile } = await usingEsbuild(() =>
    build({
      entryPoints: [sdkPath(file)],
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      platform: "neutral",
      tsconfigRaw: "{}",
      logLevel: "silent",
    }),
  );
  return Object.values(metafile.outputs).flatMap((output) => output.exports);
}
