// The time zone of scripts. V8 knows one for each process, so every process with isolates in it is
// in UTC, whatever its machine is: a script must not see another time inline than in a cell.

import { isMainThread } from "node:worker_threads";

/** In the main thread, before there are isolates: for other threads it is not theirs to say. */
export function useUtc(): void {
  if (isMainThread) process.env.TZ = "UTC";
}
