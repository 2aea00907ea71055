// The threads of a process load isolated-vm one at a time. As the first of them loads it, the
// library (7.0.1) notes that what all threads share is there, and only then makes it. A thread that
// comes in between finds a null pointer, and its first isolate ends the process with SIGSEGV.
//
// The lock is SQLite's own, on a database that has no file. All threads of a process know it by its
// name, whoever started them: those of a test runner share nothing else. It goes with its thread,
// however that ends.

import { isMainThread } from "node:worker_threads";

const SHARED = "file:/sluice-engine?vfs=memdb";
/** Each of the others loads it first, which takes milliseconds, or seconds on a busy machine. */
const OTHERS_MS = 60_000;

/** One at a time. A main thread that loads it, as a cell's, starts no others that do. */
export function loadedAlone<Library>(load: () => Library): Library {
  if (isMainThread) return load();
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const lock = new DatabaseSync(SHARED, { timeout: OTHERS_MS });
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return load();
  } finally {
    lock.close();
  }
}
