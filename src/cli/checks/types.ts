// The types of scripts, checked by the TypeScript that their author has: `tsc` itself, with a
// configuration made for it, so that a script means the same here as in an editor.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { sdkTypesPath } from "../../base/entry.ts";
import type { Finding } from "./finding.ts";
import { isMissing, missingGlobal } from "./missing-globals.ts";

/** Raised when there is no TypeScript; says how to get it. */
export class NoTypeScriptError extends Error {}

const OPTIONS = {
  target: "esnext",
  lib: ["es2016"],
  // esbuild bundles scripts: what it finds, the checker must find
  module: "esnext",
  moduleResolution: "bundler",
  moduleDetection: "force",
  allowImportingTsExtensions: true,
  resolveJsonModule: true,
  allowJs: true,
  strict: true,
  noImplicitOverride: true,
  skipLibCheck: true,
  noEmit: true,
  types: [],
} as const;

/** Errors in these scripts and the files that they import. */
export async function checkTypes(scripts: readonly string[]): Promise<Finding[]> {
  // what is not there has been found out already
  const [first, ...rest] = scripts.map((file) => resolve(file)).filter((file) => existsSync(file));
  if (first === undefined) return [];
  const tsc = findTsc(first);
  const folder = await mkdtemp(join(tmpdir(), "sluice-check-"));
  try {
    const paths = { sluice: [sdkTypesPath("index")] };
    const files = [sdkTypesPath("globals"), first, ...rest];
    const config = join(folder, "tsconfig.json");
    await writeFile(config, JSON.stringify({ compilerOptions: { ...OPTIONS, paths }, files }));
    return readErrors(await run(tsc, ["-p", config, "--pretty", "false"]), folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The author's own, else one that is installed beside Sluice. */
function findTsc(script: string): string {
  for (const from of [script, import.meta.url]) {
    try {
      const manifest = createRequire(from).resolve("typescript/package.json");
      return join(dirname(manifest), "bin", "tsc");
    } catch {
      // the next place
    }
  }
  throw new NoTypeScriptError(
    "Cannot check types: expected the package typescript, got none; " +
      "run `npm install --save-dev typescript`, or add --no-types",
  );
}

async function run(tsc: string, args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [tsc, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return out + err;
}

/** `scripts/main.ts(3,5): error TS2322: Type …`, and lines behind it that are indented. */
const ERROR = /^(.+)\((\d+),(\d+)\): error (TS\d+: .*)$/;
/** What tsc says of a name that it does not know; of `process` it recommends Node's types. */
const UNKNOWN_NAME = /^(TS\d+): Cannot find name '(\w+)'/;

function inOurTerms(message: string): string {
  const [, code, name = ""] = UNKNOWN_NAME.exec(message) ?? [];
  return code !== undefined && isMissing(name) ? `${code}: ${missingGlobal(name)}` : message;
}

/** Ours: an error there is none of the author's. */
const OURS = dirname(sdkTypesPath("index"));

function readErrors(output: string, folder: string): Finding[] {
  const findings: Finding[] = [];
  const others: string[] = [];
  let isShown = false;
  for (const line of output.split("\n")) {
    const [, file = "", row, column, message = ""] = ERROR.exec(line) ?? [];
    const last = findings.at(-1);
    if (message === "") {
      if (/^\S/.test(line)) others.push(line);
      else if (line !== "" && isShown && last !== undefined) {
        findings[findings.length - 1] = { ...last, message: `${last.message}\n${line}` };
      }
      continue;
    }
    const path = resolve(file);
    isShown = !path.startsWith(OURS);
    if (!isShown) continue;
    const place = {
      file: relative(process.cwd(), path),
      line: Number(row),
      column: Number(column),
    };
    findings.push({ ...place, severity: "error", message: inOurTerms(message) });
  }
  if (findings.length > 0 || others.length === 0) return findings;
  throw new Error(`Cannot check types: tsc says ${others.join(" ").replaceAll(folder, "")}`);
}
