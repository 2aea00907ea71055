// Libraries that are loaded before a program (LD_PRELOAD), to hold it up where races are.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** For the environment of the program. Null: there is no compiler for C here. */
export function preloadOf(name: string): Readonly<Record<string, string>> | null {
  if (process.platform !== "linux") return null;
  const folder = mkdtempSync(join(tmpdir(), "sluice-preload-"));
  process.once("exit", () => rmSync(folder, { recursive: true }));
  const source = fileURLToPath(new URL(`${name}.c`, import.meta.url));
  const library = join(folder, `${name}.so`);
  const args = ["-O2", "-shared", "-fPIC", "-o", library, source, "-ldl"];
  const { status } = spawnSync("cc", args, { stdio: "ignore" });
  return status === 0 ? { LD_PRELOAD: library } : null;
}
