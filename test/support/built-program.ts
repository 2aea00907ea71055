// Sluice as tests start it: what `npm run build` makes of the checkout, but joined to a few files,
// with what V8 makes of them beside. It is made once for each state of the checkout. A proxy starts
// from it with half of the processor time that it needs from the sources, and the tests start a
// thousand of them. What a user starts is tested by test/pack.test.ts and test/checkout.test.ts.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { MADE_SDK, makeSdk } from "../../src/control/bundle-runtime.ts";
import { buildDashboard } from "../../src/control/dashboard/build.ts";

export interface BuiltProgram {
  /** Null: it is not built. */
  readonly folder: string | null;
  /** The command line's module, for Node to run. */
  readonly main: string;
  /** For the environment of who runs it. */
  readonly env: Readonly<Record<string, string>>;
}

/** Modules that a process or a thread starts with (`entryUrl`, `programPath`). */
export const ENTRIES = [
  "cli/harness/rehearse",
  "cli/harness/replay",
  "cli/main",
  "fleet/trials/bundler-entry",
  "fleet/trials/scratch-entry",
  "fleet/worker/worker-entry",
  "sandbox/cell/keeper",
  "sandbox/cell/main",
  "sandbox/engine",
  "sandbox/processor-thread",
] as const;

/** Modules that tests change by what they preload (test/life/weighty-deaths.ts). */
const CHANGED = ["fleet/cells/tenant-trust"] as const;

/** Packages of many files that every proxy loads: they are joined too. */
const JOINED = ["@hono/node-server", "commander", "hono", "pino", "undici", "yaml", "zod"];
/** For those that are no modules. */
const BANNER = `import { createRequire as requireFrom } from "node:module";
const require = requireFrom(import.meta.url);`;

/** What a build depends on besides what is built. */
const MAKERS = [
  ...["package.json", "package-lock.json", "tsconfig.json", "test/support/built-program.ts"],
] as const;

/** Builds of other states that are kept: somebody may be running them. */
const KEPT = 8;

const root = fileURLToPath(new URL("../../", import.meta.url));

/** As a checkout runs, without a build: LIFE_PROGRAM=sources, for stack traces that name files. */
export const SOURCES: BuiltProgram = {
  folder: null,
  main: join(root, "src/cli/main.ts"),
  env: { BUILT_PROGRAM: "" },
};

let found: Promise<BuiltProgram> | null = null;

export function builtProgram(): Promise<BuiltProgram> {
  found ??= find();
  return found;
}

async function find(): Promise<BuiltProgram> {
  if (process.env.LIFE_PROGRAM === "sources" || !canWrite()) return SOURCES;
  // whoever started this test may have looked for it
  const folder = process.env.BUILT_PROGRAM || folderOf(stateOf());
  const program: BuiltProgram = {
    folder,
    main: join(folder, "dist/cli/main.js"),
    env: { BUILT_PROGRAM: folder, NODE_COMPILE_CACHE: join(folder, "compiled") },
  };
  if (existsSync(folder)) {
    utimesSync(folder, new Date(), new Date());
    return program;
  }
  const making = `${folder}.${process.pid}`;
  rmSync(making, { recursive: true, force: true }); // of one with that number that was broken off
  await write(making);
  try {
    renameSync(making, folder);
  } catch {
    rmSync(making, { recursive: true }); // another test was faster
    return program;
  }
  await compile(program, folder);
  prune();
  return program;
}

const cache = (): string => join(realpathSync(join(root, "node_modules")), ".cache/sluice-tests");

function canWrite(): boolean {
  try {
    mkdirSync(cache(), { recursive: true });
    accessSync(cache(), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

const folderOf = (state: string): string => join(cache(), state);

function stateOf(): string {
  const hash = createHash("sha256").update(`${process.version} ${root}\n`);
  const sources = globSync("{src,sdk,dashboard}/**/*.*", { cwd: root }).sort();
  for (const source of [...sources, ...MAKERS]) {
    const { size, mtimeMs } = statSync(join(root, source));
    hash.update(`${source} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex").slice(0, 16);
}

async function write(folder: string): Promise<void> {
  const { dependencies, peerDependencies } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  );
  const packages = Object.keys({ ...dependencies, ...peerDependencies });
  mkdirSync(join(folder, "dist/dashboard"), { recursive: true });
  copyFileSync(join(root, "package.json"), join(folder, "package.json"));
  for (const name of ["sdk", "src", "templates"]) symlinkSync(join(root, name), join(folder, name));
  await build({
    absWorkingDir: root,
    entryPoints: [...ENTRIES, ...CHANGED].map((name) => `src/${name}.ts`),
    outbase: "src",
    outdir: join(folder, "dist"),
    // as deep as src/base/entry.ts, which finds the others from where it is
    chunkNames: "base/[hash]",
    bundle: true,
    splitting: true,
    external: packages.filter((name) => !JOINED.includes(name)),
    banner: { js: BANNER },
    keepNames: true,
    format: "esm",
    platform: "node",
    target: "node26",
    logLevel: "warning",
  });
  for (const [name, bytes] of await buildDashboard(root)) {
    writeFileSync(join(folder, "dist/dashboard", name), bytes);
  }
  writeFileSync(join(folder, MADE_SDK), JSON.stringify(await makeSdk()));
}

/**
 * Starts a proxy and ends it: Node leaves what it compiled to the next only if it ends by itself,
 * and most tests kill theirs.
 */
async function compile({ main, env }: BuiltProgram, folder: string): Promise<void> {
  const config = join(folder, "sluice.yaml");
  writeFileSync(config, CONFIG);
  writeFileSync(join(folder, "main.ts"), SCRIPT);
  const child = spawn(process.execPath, [main, "serve", "--config", config], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(child, "close");
  for await (const line of createInterface(child.stdout)) {
    if (line.includes('"msg":"ready"')) child.kill();
  }
  await closed;
}

const SCRIPT = `import { definePhases } from "sluice";
export default definePhases({ requestFilter: () => {} });
`;

const CONFIG = `listeners: [{ address: "127.0.0.1:0" }]
admin: { address: "127.0.0.1:0" }
workers: 1
tenants:
  demo:
    hosts: ["*"]
    script: main.ts
    upstreams: { main: { peers: ["127.0.0.1:9"] } }
    defaultUpstream: main
`;

function prune(): void {
  const folders = readdirSync(cache())
    .map((name) => join(cache(), name))
    .map((path) => ({ path, mtimeMs: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((one, two) => two.mtimeMs - one.mtimeMs);
  for (const { path } of folders.slice(KEPT)) rmSync(path, { recursive: true, force: true });
}
