// Makes static files of the sources in dashboard/: for the package when it is made, and in a
// checkout when the page is opened first.

import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build, type Metafile } from "esbuild";
import { usingEsbuild } from "../bundle-service.ts";

/** By name: the page, its scripts and its styles, which the page names relative to itself. */
export async function buildDashboard(
  root: string,
): Promise<ReadonlyMap<string, Uint8Array<ArrayBuffer>>> {
  const folder = join(root, "dashboard");
  const { outputFiles, metafile } = await usingEsbuild(() =>
    build({
      absWorkingDir: folder,
      entryPoints: ["main.tsx"],
      outdir: "out",
      entryNames: "[name]-[hash]",
      chunkNames: "[name]-[hash]",
      bundle: true,
      splitting: true,
      minify: true,
      write: false,
      metafile: true,
      format: "esm",
      platform: "browser",
      target: "es2022",
      jsx: "automatic",
      jsxImportSource: "preact",
      legalComments: "none",
      logLevel: "silent",
    }),
  );
  const files = new Map(
    outputFiles.map(({ path, contents }) => [basename(path), new Uint8Array(contents)]),
  );
  // what is loaded later is an entry of its own
  const entry = Object.entries(metafile.outputs).find(([, { entryPoint = "" }]) =>
    entryPoint.endsWith("main.tsx"),
  );
  const [script = "", output] = entry ?? [];
  const page = readFileSync(join(folder, "index.html"), "utf8")
    .replace("main.js", basename(script))
    .replace("main.css", basename(output?.cssBundle ?? ""))
    .replace("</head>", `${preloadsOf(script, metafile)}</head>`);
  files.set("index.html", new TextEncoder().encode(page));
  files.set("licenses.txt", new TextEncoder().encode(licensesIn(root)));
  return files.set("icon.svg", new Uint8Array(readFileSync(join(folder, "icon.svg"))));
}

/** What the script cannot begin without: else the browser learns of it when the script is there. */
function preloadsOf(script: string, { outputs }: Metafile): string {
  const names = new Set<string>();
  const follow = (name: string): void => {
    for (const { path, kind } of outputs[name]?.imports ?? []) {
      if (kind !== "import-statement" || names.has(path)) continue;
      names.add(path);
      follow(path);
    }
  };
  follow(script);
  return [...names].map((name) => `<link rel="modulepreload" href="${basename(name)}" />`).join("");
}

const BUNDLED = ["preact", "@preact/signals", "@preact/signals-core", "uplot"];

/** Of what is bundled, as its authors ask for. */
const licensesIn = (root: string): string =>
  BUNDLED.map((name) => {
    const text = readFileSync(join(root, "node_modules", name, "LICENSE"), "utf8");
    return `${name}\n\n${text}\n`;
  }).join("\n");
