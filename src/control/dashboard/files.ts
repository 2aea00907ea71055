// The files of the dashboard: in the package as they were built, in a checkout built when somebody
// opens the page first. Kept in memory, a few hundred KB, with their names as hashes of what is in
// them, so that browsers may keep them for ever.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isCheckout, packageUrl } from "../../base/entry.ts";
import { usingEsbuild } from "../bundle-service.ts";
import { buildDashboard } from "./build.ts";

export interface StaticFile {
  readonly contentType: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** By name; `index.html` is the page. */
export type StaticFiles = ReadonlyMap<string, StaticFile>;

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
};

let found: Promise<StaticFiles> | null = null;

/** Rejects if they are not there and cannot be built; the next call tries again. */
export function dashboardFiles(): Promise<StaticFiles> {
  found ??= findFiles().catch((thrown: unknown) => {
    found = null;
    throw thrown;
  });
  return found;
}

async function findFiles(): Promise<StaticFiles> {
  const root = fileURLToPath(packageUrl);
  const built = isCheckout
    ? await usingEsbuild(() => buildDashboard(root))
    : readFolder(join(root, "dist", "dashboard"));
  return new Map([...built].map(([name, bytes]) => [name, { contentType: typeOf(name), bytes }]));
}

const readFolder = (folder: string): ReadonlyMap<string, Uint8Array<ArrayBuffer>> =>
  new Map(
    readdirSync(folder).map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]),
  );

const typeOf = (name: string): string =>
  TYPES[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream";
