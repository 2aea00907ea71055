// The modules that child processes run. In the package they are JavaScript. In a checkout they are
// built from the sources once, as `npm run build` would: stripping types takes 160 of the 220 ms
// of processor time that a process needs to start, and a deployment waits for one.

import { createHash } from "node:crypto";
import {
  globSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { entryPath, packageUrl } from "../../base/entry.ts";
import { usingEsbuild } from "../../control/bundle-service.ts";

export interface Programs {
  /** Folder of the package.json that says what kind of modules they are. */
  readonly root: string;
  /** Folder of the modules. */
  readonly code: string;
  /** `.ts` or `.js`. */
  readonly extension: string;
}

/** @param name  as `entryPath` takes it */
export const programPath = ({ code, extension }: Programs, name: string): string =>
  join(code, `${name}${extension}`);

/** Builds of other states of the checkout that are kept: a proxy may still start cells with one. */
const KEPT = 20;

let found: Promise<Programs> | null = null;

export function cellPrograms(): Promise<Programs> {
  found ??= findPrograms();
  return found;
}

async function findPrograms(): Promise<Programs> {
  const root = fileURLToPath(packageUrl);
  const self = entryPath("fleet/children/programs");
  const extension = self.slice(-".ts".length);
  const code = join(dirname(self), "../..");
  const asTheyAre = { root, code, extension };
  if (extension !== ".ts") return asTheyAre;
  try {
    return await built(code, join(realpathSync(join(root, "node_modules")), ".cache/sluice"));
  } catch {
    // nothing can be written there: they run all the same, and start more slowly
    return asTheyAre;
  }
}

/** By what was built, so that proxies that start at once do not disturb each other. */
async function built(code: string, cache: string): Promise<Programs> {
  const sources = globSync("**/*.ts", { cwd: code }).sort();
  const root = join(cache, `cells-${stateOf(code, sources)}`);
  const programs = { root, code: join(root, "dist"), extension: ".js" };
  try {
    utimesSync(root, new Date(), new Date());
    return programs;
  } catch {
    // it is not there yet
  }
  const making = `${root}.${process.pid}`;
  await write(making, code, sources);
  try {
    renameSync(making, root);
  } catch (thrown) {
    rmSync(making, { recursive: true });
    // someone else was faster
    if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) throw thrown;
  }
  prune(cache);
  return programs;
}

function stateOf(code: string, sources: readonly string[]): string {
  const hash = createHash("sha256").update(process.version);
  for (const source of sources) {
    const { size, mtimeMs } = statSync(join(code, source));
    hash.update(`${join(code, source)} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex").slice(0, 16);
}

async function write(root: string, code: string, sources: readonly string[]): Promise<void> {
  const { outputFiles } = await usingEsbuild(() =>
    build({
      absWorkingDir: code,
      entryPoints: [...sources],
      outdir: join(root, "dist"),
      outbase: code,
      bundle: false,
      write: false,
      format: "esm",
      platform: "node",
      target: "node26",
      logLevel: "silent",
    }),
  );
  for (const { path, text } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text.replaceAll(IMPORT, '$1"$2.js"'));
  }
  writeFileSync(join(root, "package.json"), '{"type":"module"}\n');
}

/** One of our own modules, as esbuild writes it. */
const IMPORT = /\b((?:from|import)\s*\(?\s*)"(\.{1,2}\/[^"\n]+)\.ts"/g;

function prune(cache: string): void {
  const folders = readdirSync(cache)
    .map((name) => join(cache, name))
    .map((path) => ({ path, mtimeMs: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((one, two) => two.mtimeMs - one.mtimeMs);
  for (const { path } of folders.slice(KEPT)) rmSync(path, { recursive: true, force: true });
}
