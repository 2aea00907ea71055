// The bundles that every isolate starts with, built from sdk/ once: the kernel, and the URL
// parser for the scripts that need it. And the names that the module `sluice` exports, read off
// its source.

import { build, type Plugin } from "esbuild";
import { sdkPath } from "../base/entry.ts";
import { usingEsbuild } from "./bundle-service.ts";

export interface RuntimeBundles {
  /** Our runtime with the web globals. */
  readonly kernel: string;
  /** URL and URLSearchParams, evaluated after the kernel. */
  readonly url: string;
}

export async function buildRuntime(): Promise<RuntimeBundles> {
  const [kernel, url] = await Promise.all([
    buildClassic("runtime/main.ts"),
    buildClassic("runtime/web/url-main.ts", [slimUrl]),
  ]);
  return { kernel, url };
}

async function buildClassic(file: string, plugins: Plugin[] = []): Promise<string> {
  const { outputFiles } = await usingEsbuild(() =>
    build({
      entryPoints: [sdkPath(file)],
      plugins,
      inject: plugins.length === 0 ? [] : [sdkPath("runtime/web/url-no-shared-memory.ts")],
      bundle: true,
      write: false,
      format: "iife",
      target: "esnext",
      charset: "ascii",
      legalComments: "none",
      platform: "neutral",
      mainFields: ["module", "main"],
      minifyWhitespace: true,
      // functions of sloppy code tell a script who called it, and with what
      banner: { js: '"use strict";' },
      tsconfigRaw: "{}",
      logLevel: "silent",
    }),
  );
  return outputFiles[0]?.text ?? "";
}

/**
 * Our stand-ins for parts of whatwg-url that are large and that the URL class needs rarely or
 * never.
 */
const SLIM: Readonly<Record<string, string>> = {
  "@exodus/bytes/encoding.js": "runtime/web/url-no-encodings.ts",
  "@exodus/bytes/whatwg.js": "runtime/web/url-percent.ts",
  tr46: "runtime/web/url-domain.ts",
};

const slimUrl: Plugin = {
  name: "slim-url",
  setup({ onResolve }) {
    onResolve({ filter: /^(?:@exodus\/bytes\/|tr46$)/ }, ({ path, importer }) => {
      const standIn = SLIM[path];
      // The stand-in itself may import the real one.
      if (standIn === undefined || importer === sdkPath(standIn)) return undefined;
      return { path: sdkPath(standIn) };
    });
  },
};

let exportNames: Promise<readonly string[]> | null = null;

/** The value exports of sdk/index.ts: what a script may import from "sluice". */
export function sluiceExports(): Promise<readonly string[]> {
  exportNames ??= readExports();
  return exportNames;
}

async function readExports(): Promise<readonly string[]> {
  const { metafile } = await usingEsbuild(() =>
    build({
      entryPoints: [sdkPath("index.ts")],
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
