// The program as it was before the tables in PostgreSQL got their last format: from the history of
// this repository, into a folder.

import { execFile } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { FORMATS } from "../../src/control/store/postgres/schema.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SCHEMA = "src/control/store/postgres/schema.ts";
const ARCHIVE_BYTES_MAX = 1_000_000_000;

/** Results in its folder; null: the history is not here. */
export async function olderRelease(folder: string): Promise<string | null> {
  const commit = await commitBefore(folder);
  if (commit === null) return null;
  const place = join(folder, "older");
  await mkdir(place);
  const archive = join(folder, "older.tar");
  await git("archive", "--format=tar", "-o", archive, commit);
  await run("tar", ["-xf", archive, "-C", place]);
  await symlink(join(ROOT, "node_modules"), join(place, "node_modules"));
  return place;
}

/** The last one at which there was a format less. */
async function commitBefore(folder: string): Promise<string | null> {
  const listed = await git("log", "--format=%H", "--", SCHEMA).catch(() => "");
  let newer: string | null = null;
  for (const commit of listed.split("\n").filter((line) => line !== "")) {
    const formats = await formatsAt(commit, folder);
    if (formats < FORMATS.length) return newer === null ? commit : `${newer}^`;
    newer = commit;
  }
  return null;
}

async function formatsAt(commit: string, folder: string): Promise<number> {
  const file = join(folder, `${commit}.ts`);
  await writeFile(file, await git("show", `${commit}:${SCHEMA}`));
  const { FORMATS: formats }: { readonly FORMATS?: unknown } = await import(
    pathToFileURL(file).href
  );
  return Array.isArray(formats) ? formats.length : FORMATS.length;
}

async function git(...args: readonly string[]): Promise<string> {
  const { stdout } = await run("git", [...args], { cwd: ROOT, maxBuffer: ARCHIVE_BYTES_MAX });
  return stdout;
}
