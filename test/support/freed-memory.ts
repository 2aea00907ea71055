// An environment in which a program that touches freed memory of isolated-vm's environments, one
// for each thread and each isolate, ends with SIGSEGV, where it would else go on for a while.

import { preloadOf } from "./preload.ts";

/** An environment of isolated-vm 7.0.1 has 2,424 bytes. */
const BYTES = "2304-2560";

/** Null: there is no compiler for C here, or another C library than the allocator expects. */
export function freedMemoryFaults(): Readonly<Record<string, string>> | null {
  if (process.arch !== "x64") return null;
  const preload = preloadOf("freed-memory");
  return preload && { ...preload, FREED_MEMORY_BYTES: BYTES };
}
