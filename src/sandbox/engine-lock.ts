// The threads of a process load isolated-vm one at a time. As the first of them loads it, the
// library (7.0.1) notes that what all threads share is there, and only then makes it. A thread that
// comes in between finds a null pointer, and its first isolate ends the process with SIGSEGV.

import { getEnvironmentData, setEnvironmentData } from "node:worker_threads";
import { SharedLock } from "../state/shared-lock.ts";

const KEY = "sluice: isolated-vm is being loaded";

/** For a thread that starts others which load it: before the first of them. */
export function shareEngineLock(): void {
  if (getEnvironmentData(KEY) === undefined) setEnvironmentData(KEY, new SharedArrayBuffer(4));
}

/** One at a time, among the threads that were started with that lock. */
export function loadedAlone<Library>(load: () => Library): Library {
  const shared = getEnvironmentData(KEY);
  if (!(shared instanceof SharedArrayBuffer)) return load();
  // a thread that was ended as it loaded leaves nothing to repair
  return new SharedLock(new Int32Array(shared), 0, () => {}).locked(load);
}
