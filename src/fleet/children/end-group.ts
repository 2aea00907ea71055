// Ending what `cellCommand` starts. Killed as it begins, bubblewrap leaves behind what it has just
// forked, which then waits for its word for ever: so whatever it has started by then is killed in
// the same moment. Later it is in a session of its own, and dies with its parent.

import type { ChildProcess } from "node:child_process";

/** The process and its group, which it leads. */
export function endGroup(child: ChildProcess): void {
  // ids of groups are given out again
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // it has just ended
  }
}
