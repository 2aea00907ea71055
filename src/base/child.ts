// Starts a process. Without a free descriptor Node neither starts the process nor gives it its
// pipes, and reports that only later, as an event. Nothing may crash because nobody listens for
// that event.

import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";

/** Throws if there is no descriptor for it. Other failures are its `error`, as ever. */
export function startChild(
  file: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  const child = spawn(file, args, options);
  if (Array.isArray(child.stdio)) return child;
  child.once("error", () => {});
  throw new Error("Cannot start a process: no descriptor is left (ulimit -n)");
}
