// How a child process ends: in words, and when it is ended from outside. bubblewrap ends with 128
// and the signal's number, as a shell does, where the process within was ended by a signal.

import type { ChildProcess } from "node:child_process";
import { constants } from "node:os";

const SIGNALS = new Map<number, string>(
  Object.entries(constants.signals).map(([name, number]) => [number, name]),
);

export function howEnded(status: number | null, signal: NodeJS.Signals | null): string {
  if (signal !== null) return signal;
  const inner = SIGNALS.get((status ?? 0) - 128);
  return inner ?? `status ${status}`;
}

/**
 * Ends what `cellCommand` starts: the process and its group, which it leads. Killed as it begins,
 * bubblewrap leaves behind what it has just forked, which would wait for its word for ever; later
 * that is in a session of its own, and dies with its parent.
 */
export function endGroup(child: ChildProcess): void {
  // ids of groups are given out again
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // it has just ended
  }
}
