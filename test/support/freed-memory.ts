// An environment in which a program that touches freed memory of isolated-vm's environments, one
// for each thread and each isolate, ends with SIGSEGV, where it would else go on for a while.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCE = fileURLToPath(new URL("freed-memory.c", import.meta.url));

/** An environment of isolated-vm 7.0.1 has 2,424 bytes. */
const BYTES = "2304-2560";

/** Null: there is no compiler for C here, or another C library than the allocator expects. */
export function freedMemoryFaults(): Readonly<Record<string, string>> | null {
  if (process.platform !== "linux" || process.arch !== "x64") return null;
  const folder = mkdtempSync(join(tmpdir(), "sluice-freed-"));
  process.once("exit", () => rmSync(folder, { recursive: true }));
  const library = join(folder, "freed-memory.so");
  const args = ["-O2", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"];
  const { status } = spawnSync("cc", args, { stdio: "ignore" });
  return status === 0 ? { LD_PRELOAD: library, FREED_MEMORY_BYTES: BYTES } : null;
}
