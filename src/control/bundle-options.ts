// How esbuild bundles a script: for an isolate, into one classic script, from the script's own
// files alone.

import { BUNDLE_LIMITS } from "./bundle-limits.ts";
import { ENTRY, scriptPlugin } from "./bundle-plugin.ts";
import type { BuildOptions } from "./bundle-service.ts";
import type { ScriptSources } from "./bundle-sources.ts";

/**
 * The wrapper assigns rather than declares, so that the kernel can delete the global. The outer
 * function is strict because modules are, and esbuild drops that when it makes a classic script.
 */
const WRAPPER = `import script from "${ENTRY}"; globalThis.__sluiceScript = { default: script };`;
const STRICT = { banner: { js: '(() => { "use strict";' }, footer: { js: "})();" } };

export function optionsFor(sources: ScriptSources, names: readonly string[]): BuildOptions {
  return {
    stdin: { contents: WRAPPER, sourcefile: "sluice:entry", resolveDir: sources.root },
    plugins: [scriptPlugin(sources, names)],
    absWorkingDir: sources.root,
    outfile: "script.js",
    bundle: true,
    write: false,
    metafile: true,
    format: "iife",
    ...STRICT,
    target: "esnext",
    // what V8 does not know yet; and awaits at the ends of blocks, which no text shows
    supported: { decorators: false, using: false },
    minifyWhitespace: true,
    charset: "ascii",
    legalComments: "none",
    // `browser` maps count; "import" or "require" is a condition by how a package is asked for
    platform: "browser",
    conditions: ["worker", "module"],
    define: { "process.env.NODE_ENV": '"production"' },
    sourcemap: "external",
    sourcesContent: true,
    // A tsconfig.json is not read: its `extends` and `paths` lead out of the script's folder.
    tsconfigRaw: "{}",
    logLevel: "silent",
    logLimit: BUNDLE_LIMITS.problems,
    logOverride: { "unsupported-dynamic-import": "error" },
  };
}
