// Where V8 puts the objects that an exchange makes. By itself it notes which places in the code
// make objects that outlive a collection, and from then on puts what these places make among the
// old objects at once. In a worker that is a wrong guess: what outlives a collection are the
// exchanges that are under way at that moment, and they end soon. Only a collection of everything
// finds that an old object is dead. Until then all that it points to, heads above all, is kept, and
// copied twice: 0.8 to 1.0 KB an exchange with a script, and 0.2 without the guess (`GCProfiler`).
// Without a script the guess does no harm, and V8 gives it up whenever it is told to.

import { setFlagsFromString } from "node:v8";

let areYoung = false;

/** From now on objects begin young, in all threads of the process. */
export function beginYoung(): void {
  if (areYoung) return;
  areYoung = true;
  setFlagsFromString("--no-allocation-site-pretenuring");
}
