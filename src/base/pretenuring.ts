// Where V8 puts what an exchange makes. By itself it notes at which places of the code objects are
// made that outlive a collection, and then makes all of that place's among the old. In a worker
// that says nothing: a collection comes while some exchanges are under way, and as few as 64 of
// them are most of what a small heap holds. Of such an object everything that it points to, heads
// above all, becomes old as well, since only a collection of all finds that it is dead: 0.8 to 1.0
// KB an exchange with a script, copied twice, where it is 0.2 otherwise (`GCProfiler`).

import { setFlagsFromString } from "node:v8";

/** From now on objects begin young, in all threads of the process. */
export function beginYoung(): void {
  setFlagsFromString("--no-allocation-site-pretenuring");
}
