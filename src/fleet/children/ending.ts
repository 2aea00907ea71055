// How a cell's process ended, in words. bubblewrap ends with 128 and the signal's number, as a
// shell does, where the process within was ended by a signal.

import { constants } from "node:os";

const SIGNALS = new Map<number, string>(
  Object.entries(constants.signals).map(([name, number]) => [number, name]),
);

export function howEnded(status: number | null, signal: NodeJS.Signals | null): string {
  if (signal !== null) return signal;
  const inner = SIGNALS.get((status ?? 0) - 128);
  return inner ?? `status ${status}`;
}
