// `npm run build`: makes of the checkout what is packed for npm. Node strips no types below
// node_modules, so dist/ holds src/ as JavaScript, file for file: worker threads and child
// processes start with the same names as in a checkout (src/base/entry.ts), and a stack trace names
// real files. dist/types holds the declarations of the module `sluice`, dist/sdk.json what isolates
// start with, dist/dashboard the files of the dashboard.

import { spawnSync } from "node:child_process";
import { globSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { MADE_SDK, makeSdk } from "../src/control/bundle-runtime.ts";
import { writeDashboard } from "./dashboard.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const dist = join(root, "dist");

/** Leaves every import where it is, under the name that its file has after the build. */
const importsOfBuiltFiles: Plugin = {
  name: "imports-of-built-files",
  setup({ onResolve }) {
    onResolve({ filter: /.*/ }, ({ kind, path }) =>
      kind === "entry-point"
        ? null
        : { path: path.replace(/^(\..*)\.ts$/, "$1.js"), external: true },
    );
  },
};

rmSync(dist, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: globSync("src/**/*.ts", { cwd: root }),
  outbase: "src",
  outdir: "dist",
  bundle: true,
  plugins: [importsOfBuiltFiles],
  format: "esm",
  platform: "node",
  target: "node26",
  logLevel: "warning",
});
await writeDashboard(root);
writeFileSync(join(root, MADE_SDK), JSON.stringify(await makeSdk()));
declarations();

function declarations(): void {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.declarations.json"], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(1);
}
