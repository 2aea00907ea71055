// V8's own collection of garbage in this thread, asked for by name; and why a thread with isolates
// asks for one before it ends.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { loadedAlone } from "./engine-lock.ts";

/**
 * V8's own `gc`, which no context has that this thread makes later. Other threads share the flag
 * for that moment: one at a time asks for it, and whoever makes contexts for scripts takes `gc` out
 * of them.
 */
export function garbageCollector(): () => void {
  const collect: unknown = loadedAlone(() => {
    setFlagsFromString("--expose-gc");
    const made: unknown = runInNewContext("gc");
    setFlagsFromString("--no-expose-gc");
    return made;
  });
  if (typeof collect !== "function") throw new Error("this V8 has no gc");
  return () => void collect();
}

let isAsked = false;

/**
 * Once in each thread that uses isolated-vm. When a thread has run dry, Node first frees what the
 * library keeps for it, and then finishes what V8 has begun. If that is a collection, it finds the
 * library's objects that nobody holds, and they abort the process because what they ask for is
 * gone. So a collection that is under way is finished while all is still there (5 to 60 ms).
 */
export function collectAtExit(): void {
  if (isAsked) return;
  isAsked = true;
  // made now: a thread that ends waits for nobody
  process.on("exit", garbageCollector());
}
